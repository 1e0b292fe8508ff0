"""Child processes that never outlive their parent, however it ends."""

import contextlib
import ctypes
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

LINUX: bool = platform.system() == "Linux"
PR_SET_PDEATHSIG = 1

# The signals that ask a process to end, each with the seconds it is given before the next one.
Steps = Sequence[tuple[signal.Signals, float]]

# Loaded before any fork: between fork and exec nothing may be imported.
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def spawn(
    command: Sequence[str],
    *,
    death_signal: signal.Signals,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: IO[bytes] | int | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, out of a terminal's Ctrl-C, which gets the signal when we die.

    Call it from the main thread only: the kernel watches the thread that forked, not the process.
    """
    return subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        pass_fds=pass_fds,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid(), death_signal),  # noqa: PLW1509 - two system calls, no locks
    )


def die_with_parent(death_signal: signal.Signals) -> None:
    """Ask the kernel to send this process the signal when its parent ends. Linux only; elsewhere nothing."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)

    return before_exec


def stop(process: subprocess.Popen[bytes], steps: Steps) -> None:
    """Send each signal and wait its seconds for the end; then kill what is left of the whole group."""
    for number, seconds in steps:
        if process.poll() is not None:
            break
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(ready: Callable[[], bool], *, process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Poll until ready; False when the process ended or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if ready():
            return True
        time.sleep(0.02)
    return False


def command_of(pid: int) -> str:
    """The command line of a living process; empty for one that is gone or a zombie."""
    if LINUX:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    return shown.stdout.strip()
