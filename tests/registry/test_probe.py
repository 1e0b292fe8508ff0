import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from registry.change import change_tool
from registry.models import Tool, ToolHealth
from registry.probe import Question, claim, note, probe_due
from registry.retire import retire_tool
from registry.tasks import probe_tools, sweep_catalogue
from tests.catalogue import Register, manager_of
from tests.registry.trail import actions, generation, last_entry, share
from tests.upstream import Scripted, Upstream

BROKEN = Scripted(status=503)
pytestmark = pytest.mark.django_db


def health(tool: Tool) -> ToolHealth:
    with platform():
        return ToolHealth.objects.get(tool=tool)


def probe_again() -> int:
    return probe_due(at=timezone.now() + timedelta(seconds=60))


@pytest.fixture
def watched(register: Register, upstream: Upstream) -> Tool:
    """A tool whose health endpoint is the test's upstream."""
    return register(health_endpoint=f"{upstream.url}/health")


def test_it_finds_a_tool_well(acme: Tenant, watched: Tool, upstream: Upstream) -> None:
    before = generation(acme)
    assert probe_due() == 1
    assert [(received.method, received.path) for received in upstream.received] == [("GET", "/health")]
    now = health(watched)
    assert (now.status, now.detail) == ("healthy", "")
    assert now.last_heartbeat is not None
    assert now.stale_at == now.last_heartbeat + timedelta(seconds=300)
    assert last_entry("health.recovered").actor == "system:probe"
    assert generation(acme) == before


def test_it_finds_a_tool_failing_and_says_why(watched: Tool, upstream: Upstream) -> None:
    upstream.will(BROKEN)
    probe_due()
    now = health(watched)
    assert (now.status, now.detail, now.last_heartbeat) == ("failing", "It answered with HTTP 503.", None)
    assert last_entry("health.failing").detail == {"tools": [str(watched.id)]}


def test_it_tells_of_changes_only(watched: Tool, upstream: Upstream) -> None:
    upstream.will(BROKEN, Scripted(status=500), Scripted(), Scripted())
    for _ in range(4):
        probe_again()
        with platform():
            ToolHealth.objects.update(probe_at=timezone.now())
    assert actions("health.failing", "health.recovered") == ["health.failing", "health.recovered"]
    assert health(watched).detail == ""


def test_it_tells_each_tenant_once(acme: Tenant, globex: Tenant, register: Register, upstream: Upstream) -> None:
    endpoint = f"{upstream.url}/health"
    ours = [register(slug=f"tool-{number}", health_endpoint=endpoint) for number in range(3)]
    register(tenant=globex, health_endpoint=endpoint)
    share(slug="shared", health_endpoint=endpoint)
    assert probe_due() == 5
    with platform():
        entries = {entry.tenant_id: entry for entry in AuditEntry.objects.filter(action="health.recovered")}
    assert set(entries) == {acme.id, globex.id, None}
    assert sorted(entries[acme.id].detail["tools"]) == sorted(str(tool.id) for tool in ours)
    assert entries[acme.id].subject == f"tenant:{acme.id}"


def test_it_asks_each_tool_in_its_turn(watched: Tool, upstream: Upstream) -> None:
    assert (probe_due(), probe_due(), probe_again()) == (1, 0, 1)
    assert len(upstream.received) == 2


def test_it_asks_no_tool_without_an_endpoint(register: Register, upstream: Upstream) -> None:
    register()
    assert probe_due() == 0
    assert upstream.received == []


def test_it_asks_no_retired_tool(acme: Tenant, watched: Tool, upstream: Upstream) -> None:
    with within(acme.id):
        retire_tool(tool=watched, by=manager_of(acme))
    assert probe_again() == 0
    assert upstream.received == []


def test_it_asks_more_than_it_takes_at_once(
    register: Register, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.probe.MOST_AT_ONCE", 2)
    for number in range(5):
        register(slug=f"tool-{number}", health_endpoint=f"{upstream.url}/{number}")
    assert probe_due() == 5
    assert sorted(received.path for received in upstream.received) == ["/0", "/1", "/2", "/3", "/4"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://169.254.169.254/health", "http://missing.invalid/"])
def test_it_goes_only_where_egress_lets_it(register: Register, url: str) -> None:
    tool = register(health_endpoint=url)
    probe_due()
    assert health(tool).status == "failing"
    assert health(tool).detail != ""


def test_it_goes_only_where_the_tenant_may(acme: Tenant, watched: Tool, upstream: Upstream) -> None:
    with platform():
        Tenant.objects.update(egress_networks=[])
    probe_due()
    assert health(watched).status == "failing"
    assert upstream.received == []


def test_it_takes_a_broken_probe_for_no_sign_of_life(
    watched: Tool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the secret plan")

    monkeypatch.setattr("registry.probe.send", break_down)
    probe_due()
    assert health(watched).status == "failing"
    assert health(watched).detail == "The probe broke: RuntimeError. The log has the rest."
    assert "A probe broke" in caplog.text


def test_it_takes_an_answer_without_end_for_no_success(watched: Tool, upstream: Upstream) -> None:
    upstream.will(Scripted(body=b"x" * 1_000_001))
    probe_due()
    assert health(watched).status == "failing"


def test_it_notes_nothing_for_what_changed_meanwhile(acme: Tenant, register: Register, upstream: Upstream) -> None:
    gone, moved = (register(slug=slug, health_endpoint=f"{upstream.url}/health") for slug in ("gone", "moved"))
    questions = claim(timezone.now())
    with within(acme.id):
        retire_tool(tool=gone, by=manager_of(acme))
        change_tool(tool=moved, by=manager_of(acme), changes={"health_endpoint": ""})
    note({question.tool_id: "broken" for question in questions})
    assert (health(gone).status, health(moved).status) == ("unknown", "unknown")
    assert actions("health.failing") == []


def test_it_keeps_a_failing_tool_failing_when_it_was_heard_of_otherwise(watched: Tool, upstream: Upstream) -> None:
    with platform():
        ToolHealth.objects.update(status="stale", last_heartbeat=timezone.now())
    upstream.will(BROKEN)
    probe_due()
    assert health(watched).status == "failing"


def test_it_costs_the_same_for_one_tool_and_for_many(register: Register, upstream: Upstream) -> None:
    register(slug="first", health_endpoint=upstream.url)
    with CaptureQueriesContext(connection) as for_one:
        probe_due()
    for number in range(4):
        register(slug=f"tool-{number}", health_endpoint=upstream.url)
    with CaptureQueriesContext(connection) as for_many:
        probe_due()
    assert len(for_many) == len(for_one)


@pytest.mark.django_db(transaction=True)
def test_it_shares_the_work_among_workers(register: Register, upstream: Upstream) -> None:
    for number in range(10):
        register(slug=f"tool-{number}", health_endpoint=f"{upstream.url}/{number}")
    start, asked = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        asked.append(probe_due())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(asked) == 10
    assert sorted(received.path for received in upstream.received) == [f"/{number}" for number in range(10)]


@pytest.mark.django_db(transaction=True)
def test_it_passes_over_what_another_worker_has_claimed(watched: Tool) -> None:
    claimed: list[list[Question]] = []

    def work() -> None:
        claimed.append(claim(timezone.now()))
        connection.close()

    with platform():
        ToolHealth.objects.select_for_update().get(tool=watched)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert claimed == [[]]


def test_it_is_done_by_the_schedule(watched: Tool) -> None:
    probe_tools()
    assert health(watched).status == "healthy"
    with platform():
        ToolHealth.objects.update(stale_at=timezone.now())
    sweep_catalogue()
    assert health(watched).status == "stale"
