import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from registry.health import report_heartbeat
from registry.models import Tool, ToolHealth, ToolVersion
from registry.retire import retire_tool
from registry.sunset import deprecate_version
from registry.sweep import Swept, sweep
from tests.catalogue import Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share

NOTHING = Swept(stale=0, retired=0, versions_retired=0)
SECOND = timedelta(seconds=1)
pytestmark = pytest.mark.django_db


def beat(tenant: Tenant, tool: Tool) -> None:
    with within(tenant.id):
        report_heartbeat(tool=tool, by=manager_of(tenant))


def statuses() -> dict[str, str]:
    with platform():
        return dict(ToolHealth.objects.values_list("tool__slug", "status"))


def sweep_after(seconds: int) -> Swept:
    return sweep(at=timezone.now() + seconds * SECOND)


def test_it_finds_nothing_to_do(acme: Tenant, register: Register) -> None:
    tool = register()
    beat(acme, tool)
    assert sweep_after(299) == NOTHING
    assert actions("health.stale") == []


def test_it_turns_tools_stale_each_by_its_own_setting(acme: Tenant, register: Register) -> None:
    for seconds in (10, 100):
        beat(acme, register(slug=f"after-{seconds}", stale_after_seconds=seconds))
    register(slug="never-heard-of")
    assert sweep_after(11) == Swept(stale=1, retired=0, versions_retired=0)
    assert statuses() == {"after-10": "stale", "after-100": "healthy", "never-heard-of": "unknown"}
    assert sweep_after(11) == NOTHING


def test_it_tells_each_tenant_once_with_the_ids(acme: Tenant, globex: Tenant, register: Register) -> None:
    tools = [register(slug=f"tool-{n}") for n in range(3)]
    for tool in tools:
        beat(acme, tool)
    theirs = register(tenant=globex)
    beat(globex, theirs)
    before = generation(acme)
    assert sweep_after(301).stale == 4
    with platform():
        entries = {entry.tenant_id: entry for entry in AuditEntry.objects.filter(action="health.stale")}
    assert set(entries) == {acme.id, globex.id}
    assert (entries[acme.id].actor, entries[acme.id].subject) == ("system:sweep", f"tenant:{acme.id}")
    assert sorted(entries[acme.id].detail["tools"]) == sorted(str(tool.id) for tool in tools)
    assert entries[globex.id].detail == {"tools": [str(theirs.id)]}
    assert entries[globex.id].subject == f"tool:{theirs.id}"
    assert generation(acme) == before


def test_it_retires_what_was_not_heard_of_for_long(acme: Tenant, register: Register) -> None:
    beat(acme, register(slug="kept"))
    beat(acme, register(slug="heard", retire_after_seconds=1000))
    register(slug="never-heard-of", retire_after_seconds=500)
    before = generation(acme)
    assert sweep_after(501) == Swept(stale=2, retired=1, versions_retired=0)
    assert sweep_after(1001) == Swept(stale=0, retired=1, versions_retired=0)
    with within(acme.id):
        assert [tool.slug for tool in Tool.objects.living()] == ["kept"]
    assert actions("tool.retired") == ["tool.retired"] * 2
    assert generation(acme) == before + 2
    assert sweep_after(5000) == NOTHING


def test_it_plans_nothing_for_what_it_retired(acme: Tenant, register: Register) -> None:
    tool = register(retire_after_seconds=10, health_endpoint="https://crm.example/health")
    sweep_after(11)
    with platform():
        health = ToolHealth.objects.get(tool=tool)
    assert (health.status, health.stale_at, health.retire_at, health.probe_at) == ("unknown", None, None, None)


def test_it_leaves_a_tool_alone_that_somebody_retired(acme: Tenant, register: Register) -> None:
    tool = register(retire_after_seconds=10)
    beat(acme, tool)
    with within(acme.id):
        retire_tool(tool=tool, by=manager_of(acme))
    assert sweep_after(1000) == NOTHING


def test_it_retires_versions_past_their_sunset(acme: Tenant, register: Register) -> None:
    tools = [register(slug=f"tool-{n}") for n in range(2)]
    with within(acme.id):
        versions = ToolVersion.objects.select_related("tool").order_by("tool__slug")
        for version, end in zip(versions, (timezone.now() + 60 * SECOND, None), strict=True):
            deprecate_version(version=version, by=manager_of(acme), sunset_at=end)
    before = generation(acme)
    assert sweep_after(59) == NOTHING
    assert sweep_after(61) == Swept(stale=0, retired=0, versions_retired=1)
    with platform():
        first = ToolVersion.objects.get(tool=tools[0])
        assert (first.state, ToolVersion.objects.get(tool=tools[1]).state) == ("retired", "deprecated")
    entry = last_entry("version.retired")
    assert (entry.subject, entry.detail) == (f"version:{first.id}", {"versions": [str(first.id)]})
    assert generation(acme) == before + 1


def test_it_tells_all_tenants_of_shared_tools(acme: Tenant, globex: Tenant) -> None:
    for slug in ("one", "two"):
        tool = share(slug=slug, retire_after_seconds=10)
        with platform():
            version = ToolVersion.objects.select_related("tool").get(tool=tool)
            deprecate_version(version=version, by=INSTALLATION, sunset_at=timezone.now() + 5 * SECOND)
    before = generation(acme), generation(globex)
    assert sweep_after(11) == Swept(stale=0, retired=2, versions_retired=2)
    assert (generation(acme), generation(globex)) == (before[0] + 2, before[1] + 2)
    for action in ("tool.retired", "version.retired"):
        assert (last_entry(action).tenant_id, last_entry(action).subject) == (None, "platform")


@pytest.mark.django_db(transaction=True)
def test_it_passes_over_a_tool_that_is_just_being_heard_of(acme: Tenant, register: Register) -> None:
    tool = register(retire_after_seconds=10)
    swept: list[Swept] = []

    def run() -> None:
        swept.append(sweep_after(11))
        connection.close()

    with within(acme.id):
        ToolHealth.objects.select_for_update(of=("self",)).get(tool=tool)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert swept == [NOTHING]


@pytest.mark.django_db(transaction=True)
def test_it_sweeps_alone(acme: Tenant, register: Register) -> None:
    tool = register()
    beat(acme, tool)
    swept: list[Swept] = []

    def run() -> None:
        swept.append(sweep_after(1000))
        connection.close()

    with platform(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x51_4D_02, 0])
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert swept == [NOTHING]
    assert sweep_after(1000).stale == 1


def test_it_costs_the_same_for_one_tool_and_for_many(acme: Tenant, register: Register) -> None:
    beat(acme, register(slug="first"))
    with CaptureQueriesContext(connection) as for_one:
        assert sweep_after(1000).stale == 1
    for n in range(5):
        beat(acme, register(slug=f"tool-{n}"))
    with CaptureQueriesContext(connection) as for_many:
        assert sweep_after(1000).stale == 5
    assert len(for_many) == len(for_one)
