"""What the person at the terminal is told. A terminal that went away is no reason to stop in the middle of stopping."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


class Console:
    def __init__(self, *, started: float, log: Path) -> None:
        self._started = started
        self._log = log

    def say(self, sentence: str) -> None:
        """One step, with the seconds since the start, in the terminal and in the log."""
        self.show(f"[{time.time() - self._started:5.1f} s] {sentence}")
        with self._log.open("a") as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {sentence}\n")

    def show(self, text: str) -> None:
        """In the terminal only: what is shown once must not stay in a file."""
        try:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            self._let_go()

    def _let_go(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
