"""The first half of the matrix: at each place in turn a process is killed, while something passes there."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.running import wait_for

REACH_SECONDS = 60
ANYBODY = "*"
ITSELF = ""


@dataclass(frozen=True)
class Place:
    process: str
    step: str
    """Of the corridor, or `module:function`."""
    moment: str
    name: str = ANYBODY
    """Of the call that has to pass."""
    victim: str = ITSELF
    """Which process is killed when it comes there."""

    @property
    def needs_calm(self) -> bool:
        """Whether what was hurt before would come here again, and be hurt again."""
        return self.process == "worker" and self.name == ANYBODY and self.victim in (ITSELF, "postgres")

    def __str__(self) -> str:
        return f"{self.victim or self.process} at {self.process} {self.step} {self.moment}"


@dataclass(frozen=True)
class Kill:
    place: Place
    told: str
    """What passes there, in a few words."""
    cause: Callable[[], None]
    """Has it pass, and returns when it was answered for good."""
    way_there: Place | None = None
    """Where a process has to end before, so that anything comes to the place."""


def in_turns(web: Sequence[Kill], worker: Sequence[Kill]) -> list[Kill]:
    """The two processes take turns: one comes back while the other one is at work."""
    placed = [(number / len(kills), kill) for kills in (web, worker) for number, kill in enumerate(kills)]
    return [kill for _, kill in sorted(placed, key=lambda each: each[0])]


@dataclass(frozen=True)
class Killer:
    """Gives the orders that `tests/crash/site/` carries out."""

    order: Path
    say: Callable[[str], None]
    pid_of: Callable[[str], int]
    """Of a process that `up` has started, by its name."""
    is_ready: Callable[[], bool]
    """Whether everything is back."""
    is_calm: Callable[[], bool]
    """Whether everything that came has ended."""

    def kill_at_each(self, kills: Sequence[Kill]) -> list[Place]:
        """Those places that were not reached.

        Nobody waits until a web or worker process is back: its listening socket stays open, and its callers go on
        asking.
        """
        missed: list[Place] = []
        causes = [threading.Thread(target=kill.cause) for kill in kills]
        for number, (kill, cause) in enumerate(zip(kills, causes, strict=True), start=1):
            places = [place for place in (kill.way_there, kill.place) if place is not None]
            if kill.place.needs_calm:
                _comes_true(self.is_calm)
            not_reached = [place for place in places if not self._kill_at(place, cause)]
            self.say(f"{number:4} {'not ' if not_reached else ''}killed {kill.place}: {kill.told}")
            missed += not_reached
        for cause in causes:
            cause.join()
        return missed

    def _kill_at(self, place: Place, cause: threading.Thread) -> bool:
        self.order.write_text(self._order(place))
        if cause.ident is None:
            cause.start()
        is_reached = _comes_true(lambda: not self.order.exists())
        self.order.unlink(missing_ok=True)
        return is_reached

    def _order(self, place: Place) -> str:
        pid = 0
        if place.victim != ITSELF:
            _comes_true(self.is_ready)
            pid = self.pid_of(place.victim)
        return f"{place.process} {place.name} {place.step} {place.moment} {pid}"


def _comes_true(happened: Callable[[], bool]) -> bool:
    try:
        wait_for(happened, seconds=REACH_SECONDS)
    except AssertionError:
        return False
    return True
