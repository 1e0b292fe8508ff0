"""Who is killed when: all of it follows from the seed, except what the machine makes of it."""

import os
import random
import signal
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import MARKS, Up, descends_from, wait_for

VICTIMS = (*MARKS, "supervisor")
LONGEST_CALM_SECONDS = 6.0
# How often a second process is killed before the first one is back.
DOUBLE_FAULTS = 0.3


@dataclass
class Kills:
    # Seconds until everything was ready again, by the process that was killed last.
    recovery: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    double: int = 0

    @property
    def count(self) -> int:
        return sum(map(len, self.recovery.values())) + self.double


class Matrix:
    def __init__(self, data_dir: Path, seed: int, say: Callable[[str], None], more: Mapping[str, str]) -> None:
        self.port = _free_port()
        self._more = more
        self.kills = Kills()
        self._data_dir, self._say = data_dir, say
        self._chance = random.Random(seed)
        self.up = self.start()

    def start(self) -> Up:
        up = Up(self._data_dir, "--port", str(self.port), more=self._more)
        up.wait_until_ready()
        wait_for(lambda: "Stop with Ctrl-C" in up.output())
        return up

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self._chance.random() * LONGEST_CALM_SECONDS)
            victim = self._chance.choice(VICTIMS)
            if self._chance.random() < DOUBLE_FAULTS:
                self._kill(self._chance.choice([name for name in VICTIMS if name not in (victim, "supervisor")]))
                self.kills.double += 1
                time.sleep(self._chance.random())
            self._kill_and_wait(victim)

    def _kill_and_wait(self, victim: str) -> None:
        before, started = self._running(), time.monotonic()
        killed = self._kill(victim)
        if victim == "supervisor":
            self.up.process.wait()
            self.up = self.start()
        else:
            wait_for(lambda: killed not in self.up.pids() and self._running().keys() >= before.keys())
        wait_for(lambda: self.up.all_are_back() and self.up.is_ready_again())
        took = time.monotonic() - started
        self.kills.recovery[victim].append(took)
        self._say(f"{self.kills.count:4} killed {victim}; everything was ready again after {took:.1f} s")

    def _kill(self, victim: str) -> int:
        """The pid that was killed; one that is just being restarted is waited for, then killed."""
        while not (found := self._pids(victim)):
            wait_for(lambda: bool(self._pids(victim)))
        os.kill(found[0], signal.SIGKILL)
        return found[0]

    def _pids(self, victim: str) -> list[int]:
        if victim == "supervisor":
            return [self.up.process.pid]
        return [pid for name, pid in self._running().items() if name == victim]

    def _running(self) -> dict[str, int]:
        """The processes that the supervisor started, by name."""
        return self.up.children()


def everything_descends_from(up: Up) -> bool:
    """No process of an earlier `up` is left over."""
    return all(pid == up.process.pid or descends_from(pid, up) for pid in up.pids())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
