import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Forbidden, Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.errors import ToolNotFound
from registry.health import report_heartbeat
from registry.models import Tool, ToolHealth
from registry.retire import retire_tool
from tests.catalogue import Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share

SECOND = timedelta(seconds=1)


def beat(tenant: Tenant, tool: Tool, at: datetime | None = None) -> ToolHealth:
    with within(tenant.id):
        return report_heartbeat(tool=tool, by=manager_of(tenant), at=at)


def health(tool: Tool) -> ToolHealth:
    with platform():
        return ToolHealth.objects.get(tool=tool)


def set_health(tool: Tool, **fields: object) -> None:
    with platform():
        ToolHealth.objects.filter(tool=tool).update(**fields)


def test_it_makes_a_tool_healthy_until_its_time_is_over(acme: Tenant, register: Register) -> None:
    tool = register(stale_after_seconds=60, retire_after_seconds=3600)
    at = timezone.now()
    beat(acme, tool, at)
    now = health(tool)
    assert (now.status, now.last_heartbeat) == ("healthy", at)
    assert (now.stale_at, now.retire_at) == (at + 60 * SECOND, at + 3600 * SECOND)
    assert (now.status_at(at + 59 * SECOND), now.status_at(at + 60 * SECOND)) == ("healthy", "stale")


def test_it_takes_now_when_no_time_is_given(acme: Tenant, register: Register) -> None:
    tool = register()
    before = timezone.now()
    beat(acme, tool)
    last = health(tool).last_heartbeat
    assert last is not None
    assert before <= last <= timezone.now()


def test_it_touches_the_narrow_row_alone(acme: Tenant, register: Register) -> None:
    tool = register()
    before = generation(acme)
    beat(acme, tool)
    beat(acme, tool)
    with within(acme.id):
        assert Tool.objects.get(id=tool.id).updated_at == tool.updated_at
    assert generation(acme) == before


def test_it_costs_3_queries(acme: Tenant, register: Register) -> None:
    tool = register()
    beat(acme, tool)
    with within(acme.id), CaptureQueriesContext(connection) as queries:
        report_heartbeat(tool=tool, by=manager_of(acme))
    assert len(queries) == 3


def test_it_refuses_a_heartbeat_from_the_future(acme: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(Invalid) as refusal:
        beat(acme, tool, timezone.now() + 62 * SECOND)
    assert [fault.path for fault in refusal.value.faults] == ["$.at"]
    assert health(tool).last_heartbeat is None
    beat(acme, tool, timezone.now() + 50 * SECOND)
    assert health(tool).status == "healthy"


def test_it_never_moves_back(acme: Tenant, register: Register) -> None:
    tool = register()
    at = timezone.now()
    beat(acme, tool, at)
    beat(acme, tool, at - 30 * SECOND)
    beat(acme, tool, at)
    assert health(tool).last_heartbeat == at
    assert actions("health.recovered") == ["health.recovered"]


def test_it_is_stale_when_the_first_heartbeat_is_an_old_one(acme: Tenant, register: Register) -> None:
    tool = register(stale_after_seconds=60)
    beat(acme, tool, timezone.now() - 61 * SECOND)
    assert health(tool).status == "stale"
    assert actions() == ["tool.registered", "health.stale"]


def test_it_tells_of_a_recovery_once(acme: Tenant, register: Register) -> None:
    tool = register()
    set_health(tool, status="stale")
    beat(acme, tool)
    beat(acme, tool)
    assert actions() == ["tool.registered", "health.recovered"]
    entry = last_entry("health.recovered")
    assert (entry.subject, entry.detail) == (f"tool:{tool.id}", {"tools": [str(tool.id)]})


def test_it_does_not_overrule_a_failing_health_endpoint(acme: Tenant, register: Register) -> None:
    tool = register(health_endpoint="https://crm.example/health")
    set_health(tool, status="failing", detail="HTTP 500")
    beat(acme, tool)
    now = health(tool)
    assert (now.status, now.detail) == ("failing", "HTTP 500")
    assert now.last_heartbeat is not None


def test_it_leaves_shared_tools_to_the_platforms_owner(acme: Tenant) -> None:
    tool = share()
    with pytest.raises(Forbidden):
        beat(acme, tool)
    assert health(tool).last_heartbeat is None
    with platform():
        assert report_heartbeat(tool=tool, by=INSTALLATION).status == "healthy"
    assert last_entry("health.recovered").tenant_id is None


def test_it_hears_nothing_of_another_tenants_tool(globex: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ToolNotFound):
        beat(globex, tool)
    assert health(tool).last_heartbeat is None


def test_it_hears_nothing_of_a_retired_tool(acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id):
        retire_tool(tool=tool, by=manager_of(acme))
    with pytest.raises(ToolNotFound):
        beat(acme, tool)
    assert health(tool).stale_at is None


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_latest_of_many_at_once(acme: Tenant, register: Register) -> None:
    tool = register()
    start, moments = threading.Barrier(8), [timezone.now() + n * SECOND for n in range(8)]

    def run(at: datetime) -> None:
        start.wait()
        beat(acme, tool, at)
        connection.close()

    threads = [threading.Thread(target=run, args=[at]) for at in moments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert health(tool).last_heartbeat == moments[-1]
    assert actions("health.recovered") == ["health.recovered"]
