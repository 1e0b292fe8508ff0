"""Where a process is killed in the corridor: before each of its steps, and after some."""

import re
from collections.abc import Iterator
from functools import partial

from config.supervisor.options import BASE_DIR
from tests.crash.effects import TOOLS
from tests.crash.kills import Kill, Place, in_turns
from tests.crash.load import ASYNC, KEYED, WAITING, Agent, Way

# Read, not imported: the corridor's types need Django, which this process does without.
STEPS = re.findall(r'passage\.timed\("(\w+)"\)', (BASE_DIR / "registry/execution/pipeline.py").read_text())
AFTER = ("open", "send", "record")


def corridor_kills(agent: Agent) -> list[Kill]:
    """A web process runs sync calls and those with `wait_ms`, a worker async ones."""
    web = [kill for tool in TOOLS for kill in _in_web(agent, tool)]
    return in_turns(web, [kill for tool in TOOLS for kill in _in_worker(agent, tool)])


def steps() -> Iterator[tuple[str, str]]:
    """Each with the moment at which to die."""
    yield from ((step, "before") for step in STEPS)
    yield from ((step, "after") for step in AFTER)


def _in_web(agent: Agent, tool: str) -> Iterator[Kill]:
    for step, moment in steps():
        yield _kill(agent, "web", step, moment, KEYED, tool)
    # Until there is a row, whoever waits only so long waits like anybody else.
    is_open = False
    for step, moment in steps():
        is_open = is_open or step == "open"
        if is_open and (step, moment) != ("open", "before"):
            yield _kill(agent, "web", step, moment, WAITING, tool)
    yield _kill(agent, "web", "open", "after", ASYNC, tool)


def _in_worker(agent: Agent, tool: str) -> Iterator[Kill]:
    """What it takes up is open already."""
    for step, moment in steps():
        if step != "open":
            yield _kill(agent, "worker", step, moment, ASYNC, tool)


def _kill(agent: Agent, process: str, step: str, moment: str, way: Way, tool: str) -> Kill:
    name = f"{process}-{step}-{moment}-{way.name}-{tool}".replace(" ", "-")
    cause = partial(agent.call, name, tool, way, delay_ms=20)
    return Kill(Place(process, step, moment, name), f"{way.name}, {tool}", cause)
