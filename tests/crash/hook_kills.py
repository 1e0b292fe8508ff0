"""What is killed on a webhook's way, and what passes there meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tests.crash.corridor import AFTER, steps
from tests.crash.effects import SAFE, TOOLS, UNSAFE
from tests.crash.hook_places import AGAIN, GIVEN_UP, RECEIVING, ROUTING, RUNNING, TAKEN_AWAY, TELLING, WRITING
from tests.crash.hooks import call_of
from tests.crash.kills import ITSELF, Kill, Place, in_turns
from tests.crash.load import KEYED, Agent
from tests.crash.senders import FAILING, Sender

VICTIMS = (ITSELF, "postgres", "valkey", "beat")
# Nearly as long as the tool may take: the call goes on when its run is taken by another one.
SLOW_MS = 4000


def hook_kills(sender: Sender) -> list[Kill]:
    """On the way of an event to both tools: whoever takes the step, and each of those that it stands on."""
    return [kill for victim in VICTIMS for kill in _on_the_way(sender, victim)]


def telling_kills(agent: Agent) -> list[Kill]:
    """On the way of what happened to a subscription: a call is an event."""
    return [
        Kill(
            Place("worker", place, moment, victim=victim),
            "an event that is told",
            partial(agent.call, f"told-{victim}-{place}-{moment}", SAFE, KEYED, delay_ms=0),
        )
        for victim in VICTIMS
        for place, moment in _moments(TELLING, victim)
    ]


def _on_the_way(sender: Sender, victim: str) -> list[Kill]:
    worker = [
        *_at(sender, victim, ROUTING),
        *_at(sender, victim, RUNNING),
        *(kill for tool in TOOLS for kill in _in_corridor(sender, victim, tool)),
        *_at(sender, victim, AGAIN, first_answers=FAILING),
        *_at(sender, victim, GIVEN_UP, first_answers={UNSAFE: 400}),
        *(_after_a_loss(sender) if victim == ITSELF else ()),
    ]
    return in_turns(list(_at(sender, victim, RECEIVING, process="web")), worker)


def _at(
    sender: Sender,
    victim: str,
    places: Sequence[str],
    *,
    process: str = "worker",
    first_answers: Mapping[str, int] | None = None,
) -> Iterator[Kill]:
    for place, moment in _moments(places, victim):
        cause = partial(sender.send, f"{process}-{victim}-{place}-{moment}", first_answers=first_answers)
        yield Kill(Place(process, place, moment, victim=victim), "an event", cause)


def _in_corridor(sender: Sender, victim: str, tool: str) -> Iterator[Kill]:
    for step, moment in steps():
        if victim == ITSELF or step in AFTER:
            event = f"corridor-{victim}-{step}-{moment}-{tool}"
            place = Place("worker", step, moment, call_of(tool, event), victim)
            yield Kill(place, f"an event, {tool}", partial(sender.send, event))


def _after_a_loss(sender: Sender) -> Iterator[Kill]:
    for place, moment in _moments(TAKEN_AWAY, ITSELF):
        event = f"lost-{place}-{moment}"
        lost = Place("worker", "guard", "after", call_of(SAFE, event))
        cause = partial(sender.send, event, delay_ms=SLOW_MS)
        yield Kill(Place("worker", place, moment), "an event whose run was lost", cause, way_there=lost)


def _moments(places: Sequence[str], victim: str) -> Iterator[tuple[str, str]]:
    for place in places:
        yield place, "before"
        if victim == ITSELF and place.partition(":")[2] in WRITING:
            yield place, "after"
