import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError

from accounts.ids import new_id
from accounts.models import Tenant
from tests.corridor import Loop
from tests.webhooks.sending import events_of, make_source, path_to, post
from webhooks.models import WebhookEvent
from webhooks.receiving import flood, receive
from webhooks.receiving.flood import SINGLY, counting, is_flooded
from webhooks.receiving.identify import identify
from webhooks.receiving.types import Arrival, Identity

NOON = datetime(2030, 1, 31, 12, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    flood._seen.clear()
    yield
    flood._seen.clear()


async def away(keys: Any, args: Any) -> None:
    return None


async def test_it_counts_by_itself_while_redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "_COUNT", away)
    source, other = new_id(), new_id()
    floods = [await is_flooded(source, NOON) for _ in range(SINGLY + 1)]
    assert floods == [False] * SINGLY + [True]
    assert await is_flooded(other, NOON) is False
    assert await is_flooded(source, NOON.replace(minute=1)) is False


async def test_it_heeds_what_other_processes_have_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    async def many(keys: Any, args: Any) -> int:
        return SINGLY + 1

    monkeypatch.setattr(flood, "_COUNT", many)
    assert await is_flooded(new_id(), NOON) is True


def test_it_counts_by_source_reason_and_minute() -> None:
    source = new_id()
    rows = [
        counting(WebhookEvent(source_id=source, reason=why, received_at=NOON.replace(minute=minute)))
        for why, minute in (("one", 0), ("one", 0), ("two", 0), ("one", 1))
    ]
    assert len({row.id for row in rows}) == 3


@pytest.mark.django_db(transaction=True)
def test_it_counts_what_comes_in_a_flood_in_one_row(
    acme: Tenant, corridor_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(acme)
    path = path_to(source)
    # The whole flood comes in one minute, whenever the test runs.
    monkeypatch.setattr(flood, "_COUNT", away)
    read = []

    async def identified(arrival: Arrival, once: str = "") -> Identity:
        read.append(arrival)
        return await identify(arrival, once)

    monkeypatch.setattr(receive, "identify", identified)

    async def garbage() -> set[int]:
        return {told.status for told in await asyncio.gather(*(post(path, b"garbage") for _ in range(SINGLY + 30)))}

    assert corridor_loop.run(garbage()) == {401}
    assert corridor_loop.run(garbage()) == {401}
    stored = events_of(source)
    counts = [event.count for event in stored if event.sealed_head is None]
    assert sum(event.count for event in stored) == 2 * (SINGLY + 30)
    assert len(stored) <= 2 * SINGLY + 2
    assert sum(counts) >= 60
    assert {event.reason for event in stored} == {"signature_missing"}
    assert len(read) <= 2 * SINGLY  # what is only counted is not looked into


@pytest.mark.django_db(transaction=True)
def test_it_adds_to_a_row_that_another_process_has_just_written(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source(acme)

    def refusal() -> WebhookEvent:
        facts = {"tenant_id": acme.id, "source_id": source.id, "received_at": NOON, "method": "POST"}
        return counting(WebhookEvent(**facts, status="rejected", reason="one"))

    looked = []
    add = flood._add_to_standing

    def too_early(row: WebhookEvent, number: int) -> bool:
        looked.append(number)
        return add(row, number) if len(looked) > 1 else False

    flood._count_all([refusal()])
    monkeypatch.setattr(flood, "_add_to_standing", too_early)
    flood._count_all([refusal(), refusal()])
    assert [event.count for event in events_of(source)] == [3]


@pytest.mark.django_db(transaction=True)
def test_it_says_what_keeps_it_from_counting(
    acme: Tenant, corridor_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(acme)
    monkeypatch.setattr(flood, "SINGLY", 0)
    monkeypatch.setattr(flood, "insert_unless_there", lambda rows: [OperationalError("away")])
    assert corridor_loop.run(post(path_to(source), b"garbage")).status == 503
    assert events_of(source) == []
