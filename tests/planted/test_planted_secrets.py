"""Credentials that services echo, in calls of every kind: nothing of them stays or is shown anywhere."""

import json
import logging
from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from pytest_django import Settings
from redis import Redis

from accounts.models import Tenant
from registry.execution.resume import resume
from tests.corridor import Corridor
from tests.integrations.egress.upstreams import Peer, Upstream, upstream
from tests.planted.conftest import Leaks, Planting, Shown
from tests.planted.echoes import DRESSES, ECHOES, STATUS
from tests.planted.places import leaves, together, whole
from tests.planted.plants import NO_FORMAT, PLACES, Plant, plants

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("tools")]

PLANTS = list(plants())
# No format gives these away: what is found of them is found because it is known.
ODD = [Plant(name, secret, place) for (name, secret), place in zip(NO_FORMAT.items(), PLACES, strict=False)]
DRESSED = [(status, dress) for status in STATUS for dress in DRESSES]

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def call(corridor: Corridor, planting: Planting, shown: Shown) -> Call:
    """Through the API's door, with a plant's credential; what it answers is looked through, too."""

    def post(plant: Plant, tool: str, status: str = "200", dress: str = "json", **more: Any) -> dict[str, Any]:
        planting.plant = plant
        values = {"account": 7, "status": status, "dress": dress}
        answer = corridor.post("executions/", {"tool": tool, "input": values, **more})
        told: dict[str, Any] = answer.json()
        shown.add(f"answer of {tool}", answer.content + "\n".join(leaves(told)).encode())
        return told

    return post


def test_nothing_stays_of_what_services_echo(call: Call, echo: Upstream, leaks: Leaks) -> None:
    for at, plant in enumerate(PLANTS):
        call(plant, "echo", *DRESSED[at % len(DRESSED)])
    assert len(echo.seen) == len(PLANTS)
    assert len({plant.secret for plant in PLANTS}) >= 60
    assert leaks(pages="/admin/") == []


def test_nothing_stays_in_whatever_dress_it_comes(call: Call, echo: Upstream, leaks: Leaks) -> None:
    for plant, (status, dress) in product(ODD, DRESSED):
        call(plant, "echo", status, dress)
    assert len(echo.seen) == len(ODD) * len(DRESSED)
    assert leaks() == []


def test_nothing_stays_of_streams_that_cut_it(
    corridor: Corridor, planting: Planting, shown: Shown, echo: Upstream, leaks: Leaks
) -> None:
    async def streamed(tool: str) -> bytes:
        body = {"tool": tool, "input": {"account": 7}, "mode": "stream"}
        return await whole(await corridor.api.post("executions/", body))

    for planting.plant, tool in product(PLANTS[::2], ("events", "lines", "pieces")):
        told = corridor.loop.run(streamed(tool))
        assert b"event: end" in told
        shown.add(f"answer of {tool}", told + put_together(told))
    assert len(echo.seen) == 3 * len(PLANTS[::2])
    assert leaks() == []


def put_together(frames: bytes) -> bytes:
    """The texts of all parts, one after the other: what whoever listens reads."""
    lines = [line.removeprefix("data: ") for line in frames.decode().splitlines() if line.startswith("data: ")]
    return "".join(together(json.loads(line).get("data", "")) for line in lines).encode()


def test_nothing_stays_of_what_is_kept_or_large(call: Call, echo: Upstream, leaks: Leaks) -> None:
    large = []
    for plant in ODD:
        assert call(plant, "kept", dress="text")["cached"] is (plant is not ODD[0])
        large.append(call(plant, "large")["id"])
    assert len(echo.seen) == 1 + len(ODD)
    assert leaks(*(f"executions/{id_}/artifact/content/" for id_ in large)) == []


def test_nothing_stays_of_calls_that_wait_for_a_worker(
    acme: Tenant, call: Call, corridor: Corridor, echo: Upstream, leaks: Leaks
) -> None:
    for plant in ODD:
        waiting = call(plant, "echo", mode="async")
        assert waiting["status"] == "pending"
        corridor.loop.run(resume(acme.id, UUID(waiting["id"])))
    assert len(echo.seen) == len(ODD)
    assert leaks() == []


def test_nothing_stays_of_calls_that_fail_in_the_middle(call: Call, echo: Upstream, leaks: Leaks) -> None:
    for plant in PLANTS[::5]:
        assert call(plant, "hang-up")["status"] == 502 or call(plant, "hang-up")["code"] == "outcome_unknown"
        call(plant, "again", "500", "html")
    assert leaks() == []


def test_nothing_stays_in_a_traceback(
    call: Call, planting: Planting, shown: Shown, echo: Upstream, leaks: Leaks
) -> None:
    planting.breaks = True
    for plant in ODD:
        assert call(plant, "echo")["code"] == "internal_error"
    assert echo.seen == []
    assert sum(b"RuntimeError: A bug of ours" in content for _, content in shown.texts) == len(ODD)
    assert leaks() == []


def test_nothing_is_told_to_whom_a_service_sends_on(
    call: Call, echo: Upstream, settings: Settings, shown: Shown, leaks: Leaks
) -> None:
    def send_on(peer: Peer) -> bool:
        return peer.answer(b"", "302 Found", Location=f"{elsewhere.url('/echo')}?{peer.path.partition('?')[2]}")

    echo.behaviours["/pieces"] = send_on
    with upstream(ECHOES) as elsewhere:
        settings.EGRESS_ALLOW_NETWORKS = [echo.allowed, elsewhere.allowed]
        for plant in PLANTS[-len(PLACES) :]:
            told = call(plant, "pieces", dress="text")
            assert told.get("code") == ("egress_blocked" if plant.place == "query" else None)
    assert (len(echo.seen), len(elsewhere.seen)) == (len(PLACES), len(PLACES) - 1)
    shown.add("answer that another service was sent", "\n".join(elsewhere.seen).encode())
    assert leaks() == []


def test_what_is_not_masked_would_be_found(call: Call, planting: Planting, leaks: Leaks) -> None:
    """A search that finds nothing proves nothing, unless it finds what is there."""
    planting.knows, plant = False, ODD[1]
    call(plant, "echo", dress="text")
    call(plant, "echo", "400", "text")
    logging.getLogger("tests").error(plant.secret)
    with Redis.from_url(settings.REDIS_URL) as cache:
        cache.set("tests", plant.secret)
    found = {leak.partition(" ")[0] for leak in leaks()}
    assert found >= {"answer", "file", "key", "log", "page", "said", "table"}
