"""One `up` per DATA_DIR. The lock is inherited by every child, so it is free only when the last one is gone."""

import fcntl
import json
import os
import time
from pathlib import Path

from config.embedded import children
from config.supervisor.console import Console
from config.supervisor.errors import CannotStart

WAIT_SECONDS = 60


class Instance:
    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "up.lock"
        self.fd = -1

    def claim(self, console: Console) -> None:
        """Take the lock; an earlier start whose children are still ending is waited for."""
        self.fd = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        deadline, told = time.monotonic() + WAIT_SECONDS, False
        while not self._try_lock():
            holder = self._read()
            if _is_alive(holder) or time.monotonic() > deadline:
                raise CannotStart(_already_runs(holder, self._file.parent))
            if not told:
                console.say("An earlier start was killed; waiting until its processes have ended")
                told = True
            time.sleep(0.1)
        self.describe(address=None)

    def describe(self, *, address: str | None) -> None:
        """Note who holds the lock, for the next one who asks."""
        content = json.dumps({"pid": os.getpid(), "address": address}).encode()
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, content, 0)

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> dict[str, object]:
        try:
            return dict(json.loads(self._file.read_text()))
        except ValueError:
            return {}


def _is_alive(holder: dict[str, object]) -> bool:
    # An empty file is a start of this very moment.
    pid = holder.get("pid")
    return pid is None or (isinstance(pid, int) and "supervisor" in children.command_of(pid))


def _already_runs(holder: dict[str, object], data_dir: Path) -> str:
    address = holder.get("address") or "an address it has not told yet"
    return (
        f"Quartermaster already runs on {address} (pid {holder.get('pid')}, data in {data_dir}).\n"
        f"Stop it with Ctrl-C in its terminal or with `kill {holder.get('pid')}`, or choose another --data-dir."
    )
