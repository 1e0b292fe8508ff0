"""The other half of the matrix: a process is killed before each step of the corridor, and after some."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.supervisor.options import BASE_DIR
from tests.crash.effects import TOOLS
from tests.crash.load import ASYNC, KEYED, WAITING, Agent, Way
from tests.running import wait_for

# Read, not imported: the corridor's types need Django, which this process does without.
STEPS = re.findall(r'passage\.timed\("(\w+)"\)', (BASE_DIR / "registry/execution/pipeline.py").read_text())
AFTER = ("open", "send", "record")
REACH_SECONDS = 60


@dataclass(frozen=True)
class Place:
    process: str
    step: str
    moment: str
    way: Way
    tool: str

    def order(self, name: str) -> str:
        return f"{self.process} {name} {self.step} {self.moment}"


def places() -> list[Place]:
    """A web process runs sync calls and those with `wait_ms`, a worker async ones. The two take turns."""
    web = [place for tool in TOOLS for place in _in_web(tool)]
    worker = [place for tool in TOOLS for place in _in_worker(tool)]
    apart = len(web) / len(worker)
    return sorted(web + worker, key=lambda place: web.index(place) if place in web else worker.index(place) * apart)


def _in_web(tool: str) -> Iterator[Place]:
    yield from (Place("web", step, "before", KEYED, tool) for step in STEPS)
    yield from (Place("web", step, "after", KEYED, tool) for step in AFTER)
    # Until there is a row, whoever waits only so long waits like anybody else.
    yield from (Place("web", step, "before", WAITING, tool) for step in STEPS[STEPS.index("open") + 1 :])
    yield from (Place("web", step, "after", WAITING, tool) for step in AFTER)
    yield Place("web", "open", "after", ASYNC, tool)


def _in_worker(tool: str) -> Iterator[Place]:
    """What it takes up is open already."""
    yield from (Place("worker", step, "before", ASYNC, tool) for step in STEPS if step != "open")
    yield from (Place("worker", step, "after", ASYNC, tool) for step in AFTER if step != "open")


def kill_at_each(agent: Agent, order: Path, say: Callable[[str], None]) -> tuple[int, list[str]]:
    """How many places there were, and those that were not reached.

    Nobody waits until a process is back: its listening socket stays open, and its agents go on asking.
    """
    missed: list[str] = []
    calls = []
    all_places = places()
    for number, place in enumerate(all_places, start=1):
        name = f"step-{number}"
        order.write_text(place.order(name))
        calls.append(threading.Thread(target=agent.call, args=(name, place.tool, place.way), kwargs={"delay_ms": 20}))
        calls[-1].start()
        try:
            wait_for(lambda: not order.exists(), seconds=REACH_SECONDS)
        except AssertionError:
            missed.append(place.order(name))
            order.unlink(missing_ok=True)
        say(f"{number:4} killed at {place.process} {place.step} {place.moment}: {place.way.name}, {place.tool}")
    for calling in calls:
        calling.join()
    return len(all_places), missed
