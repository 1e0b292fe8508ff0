from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from registry.abandoned import end_abandoned
from registry.models import Execution
from registry.models.execution import Status
from registry.tasks import end_abandoned as the_task

pytestmark = pytest.mark.django_db


def running(tenant: Tenant, agent: Agent, lease_ends_in: timedelta) -> Execution:
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
            lease_until=now + lease_ends_in,
            started_at=now,
        )


def test_it_ends_what_nobody_runs_any_more(acme: Tenant, scout: Agent) -> None:
    lost = running(acme, scout, timedelta(seconds=-1))
    assert end_abandoned() == 1
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
    assert end_abandoned() == 0
    with within(acme.id):
        living.refresh_from_db()
    assert living.status == Status.RUNNING


def test_it_serves_all_tenants(acme: Tenant, scout: Agent, globex: Tenant, spy: Agent) -> None:
    running(acme, scout, timedelta(seconds=-1))
    running(globex, spy, timedelta(seconds=-1))
    assert end_abandoned() == 2


def test_the_schedule_ends_them_too(acme: Tenant, scout: Agent) -> None:
    lost = running(acme, scout, timedelta(seconds=-1))
    the_task()
    with within(acme.id):
        lost.refresh_from_db()
    assert lost.status == Status.FAILED
