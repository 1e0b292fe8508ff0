"""Circuits that are not closed, or held, counted over all tenants."""

from typing import Any

import pytest
import redis
from django.conf import settings as django_settings

from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.breakers import census
from registry.breakers.census import holds, troubled_circuits
from registry.breakers.circuit import ALL_TROUBLED, State
from registry.breakers.hold import hold_breaker
from registry.live import board
from registry.models.breaker import Hold
from registry.retire import retire_tool
from tests.cast import CASTING
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}


@pytest.fixture
def server() -> redis.Redis:
    return redis.Redis.from_url(django_settings.REDIS_URL)


def break_circuits(corridor: Corridor, register: Register, upstream: Upstream, *slugs: str) -> None:
    upstream.will(*[Scripted(500)] * len(slugs))
    for slug in slugs:
        register(slug=slug, breaker={"minimum_calls": 1})
        corridor.call(slug, INPUT)


def let_time_pass(server: redis.Redis) -> None:
    for key in server.scan_iter("qm:breaker:*:none"):
        server.hset(key, "until", 1)


def test_it_counts_none_where_all_are_closed() -> None:
    assert troubled_circuits() == {State.OPEN: 0, State.HALF_OPEN: 0}


def test_it_follows_circuits_as_they_open_are_tried_and_close(
    corridor: Corridor, register: Register, upstream: Upstream, server: redis.Redis
) -> None:
    break_circuits(corridor, register, upstream, "one", "two")
    assert troubled_circuits() == {State.OPEN: 2, State.HALF_OPEN: 0}
    let_time_pass(server)
    arrived, leave = upstream.will_wait()
    trial = corridor.start("one", INPUT)
    assert arrived.wait(10)
    assert troubled_circuits() == {State.OPEN: 1, State.HALF_OPEN: 1}
    leave.set()
    trial.result(20)
    assert troubled_circuits() == {State.OPEN: 1, State.HALF_OPEN: 0}
    assert server.zcard(ALL_TROUBLED) == 1


def test_it_counts_none_that_was_forgotten(
    corridor: Corridor, register: Register, upstream: Upstream, server: redis.Redis
) -> None:
    break_circuits(corridor, register, upstream, "one")
    (key,) = server.scan_iter("qm:breaker:*:none")
    server.delete(key)
    server.zadd(ALL_TROUBLED, {key: 1})
    assert troubled_circuits() == {State.OPEN: 0, State.HALF_OPEN: 0}
    break_circuits(corridor, register, upstream, "two")
    assert server.zcard(ALL_TROUBLED) == 1


def test_it_looks_at_so_many_at_most(
    corridor: Corridor, register: Register, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_circuits(corridor, register, upstream, "one", "two", "three")
    monkeypatch.setattr(census, "MOST_COUNTED", 2)
    assert troubled_circuits() == {State.OPEN: 2, State.HALF_OPEN: 0}


def test_it_knows_nothing_while_redis_is_away(settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    board.forget()
    assert troubled_circuits() == {}
    board.forget()


def test_it_counts_what_people_hold_of_living_tools(acme: Tenant, register: Register) -> None:
    for slug, hold in (("one", Hold.OPEN), ("two", Hold.CLOSED), ("three", Hold.CLOSED)):
        tool = register(slug=slug)
        with within(acme.id):
            hold_breaker(tool=tool, version=None, hold=hold, reason="because", by=CASTING)
    with platform():
        assert holds() == {Hold.OPEN: 1, Hold.CLOSED: 2}
    with within(acme.id):
        retire_tool(tool=tool, by=manager_of(acme))
    with platform():
        assert holds() == {Hold.OPEN: 1, Hold.CLOSED: 1}
