import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import record
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from registry.live import frames
from registry.live.frames import Frame, Snapshot, frame, is_stalled, missed, snapshot
from tests.registry.live.rows import ran, seal
from tests.registry.live.test_stats import make_tool


def note(tenant: Tenant, action: str, **detail: Any) -> None:
    with within(tenant.id):
        record(tenant_id=tenant.id, actor="system:tests", action=action, subject="tools", detail=detail)


def head(tenant: Tenant) -> int:
    with within(tenant.id):
        newest = AuditEntry.objects.filter(tenant=tenant, sequence__isnull=False).order_by("-sequence").first()
        return newest.sequence if newest and newest.sequence else 0


class TestFrame:
    def test_it_tells_the_executions_between_two_positions(self, acme: Tenant, scout: Agent) -> None:
        seal(acme)
        start = head(acme)
        now = timezone.now()
        tool = make_tool(acme, "crm-find")
        first = ran(acme, now - timedelta(seconds=2), tool=tool, agent=scout, lasted_ms=41.26)
        second = ran(acme, now, "failed", code="timeout")
        seal(acme)
        told = frame(acme.id, after=start, upto=start + 2)
        assert (told.after, told.upto, told.count) == (start, start + 2, 2)
        assert [line.id for line in told.executions] == [str(second.id), str(first.id)]
        failed, succeeded = told.executions
        assert (failed.status, failed.code, failed.agent, failed.tool_id) == ("failed", "timeout", "", None)
        assert (succeeded.tool, succeeded.tool_id, succeeded.agent) == ("crm-find", str(tool.id), "scout")
        assert (succeeded.duration_ms, succeeded.version, succeeded.code) == (41.3, "1.0.0", "")
        assert succeeded.started_at == first.started_at.isoformat()

    def test_it_tells_at_most_fifty_but_counts_all(self, acme: Tenant) -> None:
        now = timezone.now()
        executions = [ran(acme, now + timedelta(milliseconds=n)) for n in range(60)]
        seal(acme)
        told = frame(acme.id, after=0, upto=head(acme))
        assert told.count == 60
        assert [line.id for line in told.executions] == [str(each.id) for each in reversed(executions[10:])]

    def test_it_leaves_out_what_comes_after(self, acme: Tenant) -> None:
        ran(acme, timezone.now())
        seal(acme)
        position = head(acme)
        ran(acme, timezone.now())
        seal(acme)
        assert frame(acme.id, after=position, upto=position).count == 0
        assert frame(acme.id, after=position, upto=head(acme)).count == 1

    def test_it_tells_changes_of_health_with_the_tools_names(self, acme: Tenant) -> None:
        tools = [make_tool(acme, f"tool-{n:02}") for n in range(12)]
        note(acme, "health.stale", tools=[str(tool.id) for tool in tools])
        note(acme, "health.recovered", tools=[str(tools[0].id)])
        note(acme, "tool.retired", tools=["01a1f96f-528d-71a5-b736-5dcad3fb829c"])
        seal(acme)
        retired, recovered, stale = frame(acme.id, after=0, upto=head(acme)).health
        assert (retired.status, retired.tools, retired.count) == ("retired", (), 1)
        assert (recovered.status, recovered.tools) == ("healthy", ({"id": str(tools[0].id), "slug": "tool-00"},))
        assert (stale.status, stale.count) == ("stale", 12)
        assert [tool["slug"] for tool in stale.tools] == [f"tool-{n:02}" for n in range(10)]

    def test_it_says_nothing_of_another_tenant(self, acme: Tenant, globex: Tenant) -> None:
        for tenant in (acme, globex):
            ran(tenant, timezone.now())
            seal(tenant)
        told = frame(globex.id, after=0, upto=1000)
        assert [line.tool for line in told.executions] == ["crm-find"]
        assert told.counters["today"]["total"] == 1

    def test_it_tells_what_circuits_did(self, acme: Tenant) -> None:
        tool = make_tool(acme, "crm-find", "healthy")
        note(acme, "breaker.opened", tool=str(tool.id), version="1.0.0", failures=5, calls=8)
        note(acme, "breaker.held", tool=str(tool.id), version=None, hold="closed")
        seal(acme)
        held, opened = frame(acme.id, after=0, upto=head(acme)).circuits
        assert (opened.state, opened.tool, opened.tool_id, opened.version) == (
            "open",
            "crm-find",
            str(tool.id),
            "1.0.0",
        )
        assert (held.state, held.tool, held.version) == ("held", "crm-find", "")

    def test_its_numbers_include_what_it_tells(self, acme: Tenant) -> None:
        snapshot(acme.id)
        ran(acme, timezone.now())
        seal(acme)
        assert frame(acme.id, after=0, upto=head(acme)).counters["today"]["total"] == 1

    def test_it_is_one_line_of_json(self, acme: Tenant) -> None:
        ran(acme, timezone.now(), "refused", code="forbidden")
        seal(acme)
        told = json.loads(frame(acme.id, after=0, upto=head(acme)).text)
        assert list(told) == [
            "type",
            "after",
            "upto",
            "count",
            "executions",
            "health",
            "circuits",
            "approvals",
            "counters",
            "tools",
        ]
        assert told["type"] == "frame"
        assert told["executions"][0]["code"] == "forbidden"

    def test_it_costs_ten_queries(self, acme: Tenant) -> None:
        frame(acme.id, after=0, upto=0)
        ran(acme, timezone.now())
        seal(acme)
        upto = head(acme)
        with CaptureQueriesContext(connection) as queries:
            frame(acme.id, after=0, upto=upto)
        reads = [
            query for query in queries.captured_queries if "SELECT" in query["sql"] and "qm.tenant" not in query["sql"]
        ]
        assert len(reads) == 10


class TestSnapshot:
    def test_it_is_all_there_is_to_start_from(self, acme: Tenant) -> None:
        now = timezone.now()
        executions = [ran(acme, now + timedelta(milliseconds=n)) for n in range(25)]
        make_tool(acme, "crm-find", "healthy")
        seal(acme)
        found = snapshot(acme.id)
        assert found.position == head(acme)
        assert [line.id for line in found.executions] == [str(each.id) for each in reversed(executions[5:])]
        assert found.counters["today"]["total"] == 25
        assert found.tools == {"unknown": 0, "healthy": 1, "stale": 0, "failing": 0}

    def test_it_shows_what_still_runs(self, acme: Tenant) -> None:
        ran(acme, timezone.now(), "running")
        (line,) = snapshot(acme.id).executions
        assert (line.status, line.duration_ms) == ("running", None)

    def test_it_is_one_line_of_json(self, acme: Tenant) -> None:
        told = json.loads(snapshot(acme.id).text)
        assert list(told) == ["type", "position", "executions", "approvals", "counters", "tools"]
        assert (told["type"], told["executions"]) == ("snapshot", [])


class TestMissed:
    @pytest.fixture
    def at(self, acme: Tenant) -> int:
        for _ in range(3):
            ran(acme, timezone.now())
        seal(acme)
        return head(acme)

    def test_it_is_nothing_for_whoever_is_up_to_date(self, acme: Tenant, at: int) -> None:
        assert missed(acme.id, at) is None

    def test_it_is_one_frame_from_the_position_to_the_newest(self, acme: Tenant, at: int) -> None:
        found = missed(acme.id, at - 2)
        assert isinstance(found, Frame)
        assert (found.after, found.upto, found.count) == (at - 2, at, 2)

    def test_it_is_a_snapshot_for_whoever_is_too_far_behind(
        self, acme: Tenant, at: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(frames, "TOO_FAR_BEHIND", 1)
        assert isinstance(missed(acme.id, at - 1), Frame)
        found = missed(acme.id, at - 2)
        assert isinstance(found, Snapshot)
        assert found.position == at

    def test_it_is_a_snapshot_for_a_position_that_was_never_reached(self, acme: Tenant, at: int) -> None:
        assert isinstance(missed(acme.id, 10**18), Snapshot)


class TestStalled:
    def test_it_is_not_when_everything_is_sealed(self, acme: Tenant) -> None:
        seal(acme)
        assert not is_stalled(acme.id)

    def test_it_is_not_while_the_sealer_has_had_no_time(self, acme: Tenant) -> None:
        ran(acme, timezone.now())
        assert not is_stalled(acme.id)

    def test_it_is_when_something_waits_for_long(self, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        ran(acme, timezone.now())
        monkeypatch.setattr(frames, "STALLED", timedelta(0))
        assert is_stalled(acme.id)
