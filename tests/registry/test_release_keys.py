"""Whose Idempotency-Key may be had again."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from registry.models import Execution
from registry.models.execution import Status
from registry.release_keys import release_keys

pytestmark = pytest.mark.django_db


def keyed(agent: Agent, status: Status) -> Execution:
    facts: dict[str, Any] = {"idempotency_key": "k", "request_digest": b"digest", "started_at": timezone.now()}
    with within(agent.tenant_id):
        return Execution.objects.create(
            tenant_id=agent.tenant_id, agent=agent, tool_slug="crm-find", status=status, **facts
        )


def key_of(execution: Execution) -> str | None:
    with within(execution.tenant_id):
        execution.refresh_from_db()
    return execution.idempotency_key


@pytest.mark.parametrize("status", [Status.FAILED, Status.REFUSED, Status.CANCELLED])
def test_one_that_ended_without_success_gives_it_up(status: Status, acme: Tenant, scout: Agent) -> None:
    ended = keyed(scout, status)
    with within(acme.id):
        assert release_keys([ended.id]) == 1
        assert release_keys([ended.id]) == 0
    assert key_of(ended) is None
    assert ended.request_digest is None


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.PENDING, Status.RUNNING])
def test_one_that_succeeded_or_goes_on_keeps_it(status: Status, acme: Tenant, scout: Agent) -> None:
    standing = keyed(scout, status)
    with within(acme.id):
        assert release_keys([standing.id]) == 0
    assert key_of(standing) == "k"


def test_anothers_is_not_found(scout: Agent, globex: Tenant) -> None:
    ended = keyed(scout, Status.FAILED)
    with within(globex.id):
        assert release_keys([ended.id]) == 0
    assert key_of(ended) == "k"
