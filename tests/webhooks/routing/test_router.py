"""What a worker routes, and whom it leaves alone for a while."""

from collections.abc import Collection
from uuid import UUID, uuid4

import pytest

from webhooks.routing import router as module
from webhooks.routing.route_events import Routed
from webhooks.routing.router import LONGEST_PAUSE_SECONDS, Router

pytestmark = pytest.mark.django_db(transaction=True)


ACME = uuid4()


class Waiting:
    """What waits, of which some cannot be routed; two at a time come next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ids: list[UUID] = []
        self.stuck: set[UUID] = set()
        self.looked_at: list[UUID] = []
        self.now = 1000.0
        self.began = 0
        self.router = Router(self._begin)
        monkeypatch.setattr(module, "next_to_route", self._next_to_route)
        monkeypatch.setattr(module, "route_for", self._route_for)
        monkeypatch.setattr("webhooks.routing.router.monotonic", lambda: self.now)

    def come(self, count: int, *, stuck: bool = False) -> list[UUID]:
        new = [uuid4() for _ in range(count)]
        self.ids += new
        self.stuck |= set(new) if stuck else set()
        return new

    async def look(self, *, after: float = 0) -> list[UUID]:
        """Those that were looked at."""
        self.now += after
        self.looked_at.clear()
        await self.router.look()
        return list(self.looked_at)

    def _begin(self) -> None:
        self.began += 1

    def _next_to_route(self, *, without: Collection[UUID]) -> list[tuple[UUID, list[UUID]]]:
        page = [id_ for id_ in self.ids if id_ not in without][:2]
        return [(ACME, page)] if page else []

    def _route_for(self, tenant_id: UUID, event_ids: Collection[UUID]) -> Routed:
        self.looked_at += event_ids
        routed = [id_ for id_ in event_ids if id_ not in self.stuck]
        self.ids = [id_ for id_ in self.ids if id_ not in routed]
        return Routed(frozenset(routed), tuple(routed))


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Waiting:
    return Waiting(monkeypatch)


async def test_it_routes_all_that_waits_and_begins_the_runs(waiting: Waiting) -> None:
    ids = waiting.come(5)
    assert await waiting.look() == ids
    assert (waiting.ids, waiting.began) == ([], 3)


async def test_what_cannot_be_routed_keeps_nothing_else_waiting(waiting: Waiting) -> None:
    stuck, free = waiting.come(5, stuck=True), waiting.come(2)
    assert await waiting.look() == [*stuck, *free]
    assert waiting.ids == stuck


async def test_it_is_looked_at_again_later_each_time(waiting: Waiting) -> None:
    stuck = waiting.come(1, stuck=True)
    assert await waiting.look() == stuck
    assert await waiting.look(after=1.9) == []
    assert await waiting.look(after=0.2) == stuck
    assert await waiting.look(after=3.9) == []
    assert await waiting.look(after=0.2) == stuck
    for _ in range(9):
        assert await waiting.look(after=LONGEST_PAUSE_SECONDS + 1) == stuck


async def test_what_was_routed_at_last_is_forgotten(waiting: Waiting) -> None:
    waiting.come(1, stuck=True)
    await waiting.look()
    waiting.stuck.clear()
    await waiting.look(after=3)
    assert (waiting.ids, waiting.router._left_alone) == ([], {})
