from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from registry.abandoned import end_abandoned
from registry.models import Execution, Tool, ToolVersion
from registry.models.execution import Status, WaitsFor
from registry.tasks import end_abandoned as the_task
from tests.catalogue import Register

pytestmark = pytest.mark.django_db


def running(tenant: Tenant, agent: Agent, lease_ends_in: timedelta, **more: Any) -> Execution:
    now = timezone.now()
    with within(tenant.id):
        return Execution.objects.create(
            tenant=tenant,
            agent=agent,
            tool_slug="crm-find",
            status=Status.RUNNING,
            input={},
            sealed_input=b"sealed",
            idempotency_key="k-1",
            run=1,
            **more,
            lease_until=now + lease_ends_in,
            started_at=now,
        )


def test_it_ends_what_nobody_runs_any_more(acme: Tenant, scout: Agent) -> None:
    lost = running(acme, scout, timedelta(seconds=-1))
    assert end_abandoned(at=timezone.now()) == 1
    with within(acme.id):
        lost.refresh_from_db()
        entry = AuditEntry.objects.get(subject=f"execution:{lost.id}")
    assert lost.error is not None
    assert (lost.status, lost.error["code"]) == (Status.FAILED, "outcome_unknown")
    assert (lost.sealed_input, lost.lease_until, lost.idempotency_key) == (None, None, "k-1")
    assert lost.finished_at is not None
    assert (entry.actor, entry.action) == ("system:leases", "execution.failed")


def test_it_leaves_alone_what_is_still_leased(acme: Tenant, scout: Agent) -> None:
    living = running(acme, scout, timedelta(seconds=30))
    assert end_abandoned(at=timezone.now()) == 0
    with within(acme.id):
        living.refresh_from_db()
    assert living.status == Status.RUNNING


def test_it_serves_all_tenants(acme: Tenant, scout: Agent, globex: Tenant, spy: Agent) -> None:
    running(acme, scout, timedelta(seconds=-1))
    running(globex, spy, timedelta(seconds=-1))
    assert end_abandoned(at=timezone.now()) == 2


def test_the_schedule_ends_them_too(acme: Tenant, scout: Agent, settings: Any) -> None:
    settings.EXECUTION_LEASE_SECONDS = 0
    lost = running(acme, scout, timedelta(seconds=-1))
    the_task()
    with within(acme.id):
        lost.refresh_from_db()
    assert lost.status == Status.FAILED


def test_it_waits_for_leases_to_be_extended_when_postgresql_has_just_come_back(
    acme: Tenant, scout: Agent, settings: Any
) -> None:
    running(acme, scout, timedelta(seconds=-1))
    settings.EXECUTION_LEASE_SECONDS = 10_000_000
    assert end_abandoned() == 0


SAFE = [{"read_only": True}, {"idempotent": True}, {"definition": {"method": "GET", "url": "http://upstream.invalid/"}}]


@pytest.mark.parametrize("facts", SAFE)
def test_it_lets_take_up_again_what_is_safe_to_repeat(
    facts: dict[str, Any], acme: Tenant, scout: Agent, register: Register
) -> None:
    lost = running(acme, scout, timedelta(seconds=-1), **called(register(**facts)))
    assert end_abandoned(at=timezone.now()) == 1
    with within(acme.id):
        lost.refresh_from_db()
        entries = AuditEntry.objects.filter(subject=f"execution:{lost.id}")
        assert not entries.exists()
    assert (lost.status, lost.waits_for, lost.run, lost.attempts) == (Status.PENDING, WaitsFor.WORKER, 1, 1)
    assert (lost.lease_until, bytes(lost.sealed_input or b"")) == (None, b"sealed")


@pytest.mark.parametrize(
    ("facts", "row", "reason"),
    [
        ({}, {}, "Calling it twice may do more than calling it once"),
        ({"read_only": True}, {"lost_runs": 2}, "3 processes that ran it have ended"),
        ({"read_only": True}, {"sealed_input": None}, "What it was called with is not there any more"),
        ({"read_only": True}, {"parent_id": UUID(int=1)}, "It was part of another execution"),
    ],
)
def test_it_gives_up_what_is_not_and_says_why(
    facts: dict[str, Any], row: dict[str, Any], reason: str, acme: Tenant, scout: Agent, register: Register
) -> None:
    lost = running(acme, scout, timedelta(seconds=-1), **called(register(**facts)))
    with within(acme.id):
        Execution.objects.filter(id=lost.id).update(**row)
    end_abandoned(at=timezone.now())
    with within(acme.id):
        lost.refresh_from_db()
    assert lost.error is not None
    assert (lost.status, lost.error["code"]) == (Status.FAILED, "outcome_unknown")
    assert reason in lost.error["detail"]


def test_it_counts_only_the_runs_whose_process_is_gone(acme: Tenant, scout: Agent, register: Register) -> None:
    """Limits, open circuits and stopping processes have it taken up again, too: none of them ended over it."""
    lost = running(acme, scout, timedelta(seconds=-1), **called(register(read_only=True)))
    with within(acme.id):
        Execution.objects.filter(id=lost.id).update(run=9, lost_runs=1)
    end_abandoned(at=timezone.now())
    with within(acme.id):
        lost.refresh_from_db()
    assert (lost.status, lost.waits_for, lost.run, lost.lost_runs) == (Status.PENDING, WaitsFor.WORKER, 9, 2)


def test_it_ends_as_cancelled_what_somebody_had_cancelled(acme: Tenant, scout: Agent, register: Register) -> None:
    tool = register(read_only=True)
    lost = running(acme, scout, timedelta(seconds=-1), cancel_requested_at=timezone.now(), **called(tool))
    end_abandoned(at=timezone.now())
    with within(acme.id):
        lost.refresh_from_db()
    assert lost.status == Status.CANCELLED


def called(tool: Tool) -> dict[str, Any]:
    with within(tool.tenant_id or UUID(int=0)):
        return {"tool": tool, "tool_version": ToolVersion.objects.get(tool=tool)}
