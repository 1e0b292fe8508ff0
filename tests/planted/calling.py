"""Calls of every kind with planted credentials, which the service echoes."""

import json
from itertools import product
from typing import Any
from unittest.mock import patch

from accounts.tenancy import within
from registry.models import Execution
from registry.register import register_tool
from tests.catalogue import FIND_CONTACT, manager_of
from tests.integrations.egress.upstreams import Peer
from tests.patience import until
from tests.planted.day import Day, allowing
from tests.planted.echoes import DRESSES, STATUS
from tests.planted.places import together, whole
from tests.planted.plants import CONTROL, ODD, ONE_EACH, PLANTS

DRESSED = [(status, dress) for status in STATUS for dress in DRESSES]


def calls(day: Day) -> None:
    """With everybody's credential, and every answer in turn."""
    for at, plant in enumerate([*PLANTS, *ODD]):
        before = day.heard("/echo")
        day.call(plant.of("calls"), "echo", *DRESSED[at % len(DRESSED)])
        assert day.heard("/echo") > before


def every_dress(day: Day) -> None:
    for plant, (status, dress) in list(product(ONE_EACH, DRESSED))[::5]:
        told = day.call(plant.of(f"{status} {dress}"), "echo", status, dress)
        assert told["status"] in ("succeeded", 502), told


def streams(day: Day) -> None:
    """Parts that cut it."""
    for plant, action in product([*PLANTS[::5], *ODD[::5]], ("events", "lines", "pieces")):
        body = {**day.order(plant, action), "mode": "stream"}
        told = day.corridor.loop.run(_streamed(day, body))
        assert b"event: end" in told, told
        day.shown.add(f"answer of {action}", told + put_together(told))


async def _streamed(day: Day, body: dict[str, Any]) -> bytes:
    return await whole(await day.corridor.api.post("executions/", body))


def put_together(frames: bytes) -> bytes:
    """The texts of all parts, one after the other: what whoever listens reads."""
    lines = [line.removeprefix("data: ") for line in frames.decode().splitlines() if line.startswith("data: ")]
    return "".join(together(json.loads(line).get("data", "")) for line in lines).encode()


def kept_and_large(day: Day) -> None:
    for plant in ONE_EACH:
        assert [day.call(plant, "kept", dress="text")["cached"] for _ in range(2)] == [False, True]
        day.large.append(day.call(plant, "large")["id"])


def by_a_worker(day: Day) -> None:
    """A process of its own takes them from Celery's broker."""
    orders = [
        {**day.order(plant.of("waits"), "echo", *DRESSED[at]), "mode": "async"} for at, plant in enumerate(ONE_EACH)
    ]
    ids = [day.post("executions/", order)["id"] for order in orders]
    until(lambda: _ended(day, ids) == len(ids), seconds=30)


def _ended(day: Day, ids: list[str]) -> int:
    with within(day.acme.id):
        return Execution.objects.filter(id__in=ids, status__in=("succeeded", "failed")).count()


def batches(day: Day) -> None:
    """What one call was answered is the next one's input."""
    for plant in ONE_EACH:
        order = day.order(plant, "echo")
        first, end_user = {"tool": order["tool"], "input": order["input"]}, order["end_user"]
        note = {"$from": "first", "path": "$.sent.plain"}
        second = {**first, "input": {**order["input"], "note": note}}
        told = day.post(
            "executions/batch/", {"calls": [{"id": "first", **first}, {"id": "second", **second}], "end_user": end_user}
        )
        assert [outcome["status"] for outcome in told["outcomes"]] == ["succeeded", "succeeded"], told


def composites(day: Day) -> None:
    values = {"account": 7, "status": "200", "dress": "json"}
    calls = [{"id": each, "tool": f"echo-{each}", "input": values} for each in ("echo", "again")]
    output = {"one": {"$from": "echo", "path": "$.sent"}, "other": {"$from": "again", "path": "$.headers"}}
    facts: dict[str, Any] = {"slug": "both", "transport": "composite", "definition": {"calls": calls, "output": output}}
    with within(day.acme.id):
        schema = {"type": "object", "properties": {}}
        register_tool(by=manager_of(day.acme), spec={**FIND_CONTACT, **facts, "input_schema": schema})
    for plant in ONE_EACH:
        day.connect(plant)
        told = day.post("executions/", {"tool": "both", "input": {}, "end_user": plant.end_user})
        assert told["status"] == "succeeded", told


def steps(day: Day) -> None:
    """The second goes where the first one says, and tells what that was answered."""
    for plant in ONE_EACH:
        assert day.call(plant, "steps")["status"] == "succeeded"
        assert plant.secret not in json.dumps(day.call(plant, "steps", "500"))


def failures(day: Day) -> None:
    for plant in PLANTS[::5]:
        assert day.call(plant, "hang-up")["code"] in ("upstream_failure", "upstream_broken", "outcome_unknown")
        day.call(plant, "again", "500", "html")


def bugs(day: Day) -> None:
    """A library breaks with the credential at hand."""
    before, written = len(day.echo.seen), len(day.shown.texts)
    for plant in ONE_EACH:
        day.connect(plant)
        day.call(plant, "echo")
        with patch("aiohttp.client.ClientRequest.__init__", side_effect=RuntimeError(f"A bug of theirs: {CONTROL}")):
            told = day.call(plant, "echo")
        assert told["code"] == "internal_error", told
    tracebacks = [content for _, content in day.shown.texts[written:] if b"RuntimeError: A bug of theirs" in content]
    assert (len(day.echo.seen) - before, len(tracebacks)) == (len(ONE_EACH), len(ONE_EACH))


def sent_on(day: Day) -> None:
    """Another service is told nothing, and echoes that."""

    def elsewhere(peer: Peer) -> bool:
        query = peer.path.partition("?")[2]
        return peer.answer(b"", "302 Found", Location=f"{day.elsewhere.url('/echo')}?{query}")

    with day.behaving(pieces=elsewhere), allowing(day.echo, day.elsewhere):
        told = [day.call(plant, "pieces", dress="text") for plant in ONE_EACH]
    blocked = [
        plant.way for plant, answer in zip(ONE_EACH, told, strict=True) if answer.get("code") == "egress_blocked"
    ]
    assert blocked == ["query"]
    assert len(day.elsewhere.seen) == len(ONE_EACH) - len(blocked)
    day.shown.add("answer that another service was sent", "\n".join(day.elsewhere.seen).encode())


HAPPENS: dict[str, Any] = {
    "calls": calls,
    "answers in every dress": every_dress,
    "streams that cut it": streams,
    "answers that are kept or large": kept_and_large,
    "calls that wait for a worker": by_a_worker,
    "batches": batches,
    "composites": composites,
    "calls in several steps": steps,
    "calls that fail in the middle": failures,
    "bugs with the credential at hand": bugs,
    "services that send on": sent_on,
}
