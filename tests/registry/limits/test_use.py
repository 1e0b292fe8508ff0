"""How much is in use: read, never taken."""

from typing import Any

import pytest

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from registry.limits.use import use_of_agent, use_of_tenant, use_of_tool
from registry.live import board
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.limits.redis import forget_all_limits

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_shows_what_calls_have_taken(acme: Tenant, scout: Agent, corridor: Corridor, register: Register) -> None:
    tool = register(rate_limit={"per_hour": 100}, concurrency={"most": 5}, quota={"per_day": 10})
    with within(acme.id):
        Agent.objects.update(quota={"per_month": 50})
        Tenant.objects.update(concurrency={"most": 9})
    for _ in range(3):
        corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        scout.refresh_from_db()
        acme.refresh_from_db()
        shown = [*use_of_tool(tool, acme.id), *use_of_agent(scout), *use_of_tenant(acme)]
    assert [(use.bound.name, use.used, use.left) for use in shown] == [
        ("tool-hour", 3, 97),
        ("tool-concurrency", 0, 5),
        ("tool-day", 3, 7),
        ("agent-month", 3, 47),
        ("tenant-concurrency", 0, 9),
    ]


def test_it_counts_a_quota_that_redis_has_lost(acme: Tenant, corridor: Corridor, register: Register) -> None:
    tool = register(quota={"per_day": 10})
    corridor.call("crm-find", {"account": 7})
    forget_all_limits()
    with within(acme.id):
        assert [use.used for use in use_of_tool(tool, acme.id)] == [1]


def test_it_says_nothing_of_what_it_cannot_see(acme: Tenant, register: Register, settings: Any, tmp_path: Any) -> None:
    tool = register(rate_limit={"per_minute": 5}, quota={"per_day": 10})
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    board.forget()
    with within(acme.id):
        assert [(use.used, use.left) for use in use_of_tool(tool, acme.id)] == [(None, None), (None, None)]
    board.forget()
