"""One service over time: started, ready, ended, started again, and at last stopped."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable

from config.embedded import folders
from config.embedded.errors import EmbeddedServerError
from config.supervisor.errors import CannotStart
from config.supervisor.services import APPLICATION, Process, Service

START_SECONDS = 60.0
# Restarts of a service that does not stay up come slower and slower.
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 20.0
STAYED_UP_SECONDS = 30.0

Say = Callable[[str], None]


class Running:
    def __init__(self, service: Service, say: Say) -> None:
        self.service = service
        self.process: Process | None = None
        self.is_up = False
        self._say = say
        self._was_up = False
        self._failures = 0
        self._started = 0.0
        self._due = 0.0

    def launch(self) -> None:
        self._started = time.monotonic()
        self.is_up = False
        self.process = self.service.launch()

    def check_start(self) -> bool:
        """True when it is ready; a start that failed or takes too long is told with the end of the log."""
        if self.process is None or self.process.poll() is not None:
            raise CannotStart(f"{self.service.name} ended while it started. {self._log()}")
        if time.monotonic() - self._started > START_SECONDS:
            raise CannotStart(f"{self.service.name} was not ready after {START_SECONDS:.0f} s. {self._log()}")
        self.is_up = self._was_up = self.service.is_ready(self.process)
        return self.is_up

    def watch(self) -> None:
        """Notice an end, and start again when it is time."""
        if self.process is None:
            self._watch_rest()
        elif self.process.poll() is not None:
            self._note_end(self.process, f"ended ({_how(self.process)})")
        elif not self.is_up:
            self._watch_start(self.process)

    def _watch_rest(self) -> None:
        if time.monotonic() < self._due:
            return
        if self.service.is_wanted():
            self._restart()
        else:
            # As good as running: a call starts it.
            self.is_up = True

    def _watch_start(self, process: Process) -> None:
        if self.service.is_ready(process):
            self._say(f"{self.service.name} is {'back' if self._was_up else 'ready'}")
            self.is_up = self._was_up = True
        elif time.monotonic() - self._started > START_SECONDS:
            self._note_end(process, "does not get ready")

    def _restart(self) -> None:
        try:
            self.launch()
        except (EmbeddedServerError, OSError, subprocess.SubprocessError) as error:
            self._plan_restart(f"cannot be started: {error}")

    def _note_end(self, process: Process, what: str) -> None:
        end_group(process)
        process.wait()
        self.process, self.is_up = None, False
        if time.monotonic() - self._started > STAYED_UP_SECONDS:
            self._failures = 0
        self._plan_restart(what)

    def _plan_restart(self, what: str) -> None:
        delay = min(FIRST_DELAY_SECONDS * 2 ** (self._failures - 1), LONGEST_DELAY_SECONDS) if self._failures else 0.0
        self._failures += 1
        self._due = time.monotonic() + delay
        when = f"starting it again in {delay:.0f} s" if delay >= 1 else "starting it again"
        self._say(f"{self.service.name} {what}; {when} (log: {self.service.log})")

    def _log(self) -> str:
        return f"The end of {self.service.log}:\n{folders.last_lines(self.service.log)}"


def stop_together(services: list[Running], *, is_urgent: Callable[[], bool]) -> None:
    """Ask all of them to end, each in its own way; when it is urgent, kill what can be killed without loss."""
    ending = [_Ending(running.service, running.process) for running in services if running.process is not None]
    while any([not each.has_ended(urgent=is_urgent()) for each in ending]):  # noqa: C419 - every one is asked
        time.sleep(0.02)
    for each in ending:
        end_group(each.process)
        each.process.wait()


class _Ending:
    def __init__(self, service: Service, process: Process) -> None:
        self.process = process
        self._steps = list(service.stop)
        self._may_be_killed = service.stage == APPLICATION
        self._deadline = 0.0

    def has_ended(self, *, urgent: bool) -> bool:
        if self.process.poll() is not None:
            return True
        if urgent and self._may_be_killed:
            end_group(self.process)
        elif time.monotonic() >= self._deadline:
            self._take_next_step()
        return False

    def _take_next_step(self) -> None:
        if not self._steps:
            end_group(self.process)
            return
        number, seconds = self._steps.pop(0)
        self._deadline = time.monotonic() + seconds
        self.process.send_signal(number)


def end_group(process: Process) -> None:
    """Kill what is left of the process and its children. Its group has the number of its first process."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _how(process: Process) -> str:
    code = process.returncode
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit status {code}"
