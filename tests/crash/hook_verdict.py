"""What must hold of webhooks when everything has been killed often enough."""

from collections import Counter
from pathlib import Path

from tests.crash import stored
from tests.crash.effects import SAFE, TOOLS, UNSAFE, Effects
from tests.crash.findings import Finding, none_of
from tests.crash.hooks import call_of
from tests.crash.receiver import Receiver
from tests.crash.senders import COME_AGAIN, TAKEN, Posted
from tests.crash.stored import Run

ACCEPTED, DUPLICATE, SUCCEEDED, DEAD = "accepted", "duplicate", "succeeded", "dead"
UNKNOWN = ("outcome_unknown", "lease_ended")
"""What a dead letter says that may have had its effect."""


class Ended:
    """What became of the events."""

    def __init__(self, effects: Effects, data_dir: Path) -> None:
        events = stored.events(data_dir)
        self.accepted = {event.id: event.name for event in events if event.status == ACCEPTED}
        self.copies = {event.id for event in events if event.status == DUPLICATE}
        self.runs = [run for run in stored.runs(data_dir) if run.event_id in {event.id for event in events}]
        self._effects = effects

    def of(self, tool: str) -> list[Run]:
        return [run for run in self.runs if run.tool == tool]

    def effects(self, run: Run) -> int:
        name = self.accepted.get(run.event_id, run.event_id)
        return self._effects.of(call_of(run.tool, name), run.tool)


def judge_events(posted: Posted, ended: Ended) -> list[Finding]:
    """From the socket to the effect."""
    taken, accepted = posted.taken, ended.accepted
    lost = [name for name, identifier in taken.items() if accepted.get(identifier) != name]
    names = Counter(accepted.values())
    twice = {*posted.doubled, *(name for name, count in names.items() if count > 1)}
    refused = {code: count for code, count in posted.outcomes.items() if _is_refusal(code)}
    routed = Counter((run.event_id, run.tool) for run in ended.runs)
    unrouted = [(event, tool) for event in accepted for tool in TOOLS if routed[event, tool] != 1]
    of_copies = [run for run in ended.runs if run.event_id in ended.copies]
    return [
        none_of(lost, f"of {len(taken)} events that were answered with success are lost"),
        none_of(posted.given_up, "events were never answered with success"),
        none_of(refused, "answers to platforms say something else than success, or to come again"),
        none_of(twice, f"events were accepted twice, and {len(ended.copies)} copies were known as such"),
        none_of(of_copies, "runs come of a copy"),
        none_of(unrouted, f"of {len(accepted) * len(TOOLS)} runs are missing, or there twice"),
        *_judge_effects(ended),
    ]


def _judge_effects(ended: Ended) -> list[Finding]:
    safe, unsafe = ended.of(SAFE), ended.of(UNSAFE)
    failed = [run for run in safe if run.status != SUCCEEDED or ended.effects(run) != 1]
    twice = [run for run in unsafe if ended.effects(run) > 1]
    silent = [run for run in unsafe if not _tells_the_truth(run, ended.effects(run))]
    return [
        none_of(failed, f"of {len(safe)} runs have not succeeded with one effect, where the service honours the key"),
        none_of(twice, f"of {len(unsafe)} runs had their effect twice, where the service knows no keys"),
        none_of(silent, "of these neither succeeded with one effect, nor are a dead letter that says what is known"),
    ]


def _tells_the_truth(run: Run, effects: int) -> bool:
    if run.status == SUCCEEDED:
        return effects == 1
    return run.status == DEAD and bool(run.code) and (effects == 0 or run.code in UNKNOWN)


def _is_refusal(code: str) -> bool:
    return code.isdecimal() and code not in (TAKEN, COME_AGAIN)


def judge_telling(receiver: Receiver, data_dir: Path, *, after: int) -> list[Finding]:
    """Of what was sealed behind that sequence every event is to be told."""
    to_tell, deliveries = stored.told_after(data_dir, after), stored.deliveries(data_dir)
    untold = to_tell - receiver.events.keys()
    several = [event for event, messages in receiver.events.items() if len(messages) > 1]
    unended = [delivery for delivery in deliveries if delivery.status != SUCCEEDED]
    unheard = [each for each in deliveries if each.status == SUCCEEDED and not receiver.messages[each.message]]
    return [
        none_of(untold, f"of {len(to_tell)} events were not told to the subscription"),
        none_of(several, "events were told under two `webhook-id`s"),
        none_of(unended, f"of {len(deliveries)} deliveries have not succeeded"),
        none_of(unheard, "deliveries have succeeded of which the receiver knows nothing"),
    ]
