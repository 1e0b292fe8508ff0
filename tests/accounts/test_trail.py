"""A pass: everything is sealed and told, and what fails holds up nothing else."""

import logging
from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest
from django.core.cache import cache

from accounts import events, sealing, trail
from accounts.events import Event, lagging, subscribe
from accounts.liveness import WORKER_SEEN
from accounts.models import AuditEntry, Tenant
from accounts.sealing import tenants_with_unsealed
from accounts.tasks import seal_audit
from accounts.tenancy import within
from accounts.trail import tend_trail
from config.celery import app
from config.schedule import SCHEDULE
from tests.accounts.trails import sealed, write

pytestmark = pytest.mark.django_db


def test_it_seals_and_tells_until_nothing_waits(acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    monkeypatch.setattr(events, "BATCH", 2)
    told: list[tuple[UUID | None, int]] = []
    subscribe("listener", lambda tenant, events: told.extend((tenant, event.sequence) for event in events))
    write(acme.id, *["tool.changed"] * 6)
    write(None, "tool.registered")
    tend_trail()
    assert tenants_with_unsealed() == []
    assert lagging() == []
    assert sorted(sequence for tenant, sequence in told if tenant == acme.id) == [1, 2, 3, 4, 5, 6, 7]
    assert {tenant for tenant, _ in told} == {acme.id, globex.id, None}


def test_it_does_not_let_one_subscriber_hold_up_another(acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    attempts: list[int] = []
    told: list[int] = []

    def fail(tenant_id: UUID | None, events: Sequence[Event]) -> None:
        attempts.append(len(events))
        raise ConnectionError("The other side is away.")

    subscribe("failing", fail)
    subscribe("listener", lambda tenant_id, events: told.extend(event.sequence for event in events))
    with caplog.at_level(logging.ERROR):
        tend_trail()
    assert told == [1]
    assert attempts == [1]
    assert lagging() == [(acme.id, "failing")]
    assert [entry.message for entry in caplog.records] == [
        f"The audit trail of tenant {acme.id} could not be told to `failing`. The next pass tries again."
    ]
    tend_trail()
    assert attempts == [1, 1]


def test_it_tries_what_failed_no_second_time_in_one_pass(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 1)
    attempts: list[int] = []

    def fail(tenant_id: UUID | None, events: Sequence[Event]) -> None:
        attempts.append(len(events))
        raise ConnectionError

    subscribe("failing", fail)
    write(acme.id, "tool.registered", "tool.changed")
    tend_trail()
    assert attempts == [1]
    assert len(sealed(acme.id)) == 3


@pytest.mark.django_db(transaction=True)
def test_it_does_not_let_one_chain_hold_up_another(
    acme: Tenant, globex: Tenant, intruder: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    tend_trail()
    intruder.execute("UPDATE accounts_audithead SET sequence = 0 WHERE tenant_id = %s", [acme.id])
    write(acme.id, "tool.changed")
    write(globex.id, "tool.changed")
    tend_trail()
    assert sealed(acme.id) == [(1, "tenant.created")]
    assert sealed(globex.id) == [(1, "tenant.created"), (2, "tool.changed")]
    assert f"The audit trail of tenant {acme.id} could not be sealed." in caplog.text


def test_it_names_the_platforms_chain_when_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    def fail(tenant_id: UUID | None, events: Sequence[Event]) -> None:
        raise ConnectionError

    subscribe("failing", fail)
    write(None, "tool.registered")
    tend_trail()
    assert "The audit trail of the platform could not be told to `failing`." in caplog.text


def test_it_reads_like_what_happened(acme: Tenant) -> None:
    with within(acme.id):
        assert str(AuditEntry.objects.get()) == f"tenant.created tenant:{acme.id}"


def test_it_hands_its_worker_back_after_a_while(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "PASS_SECONDS", 0.0)
    tend_trail()
    assert tenants_with_unsealed() == [acme.id]


def test_it_says_that_a_worker_is_alive(acme: Tenant) -> None:
    cache.delete(WORKER_SEEN)
    seal_audit()
    assert cache.get(WORKER_SEEN) > 0
    assert sealed(acme.id) == [(1, "tenant.created")]


def test_it_is_scheduled_each_second_and_expires_before_the_next(acme: Tenant) -> None:
    entry = SCHEDULE["seal-audit"]
    assert entry == {"task": seal_audit.name, "schedule": 1.0, "options": {"expire_seconds": 1}}
    scheduled = app.conf.beat_schedule["seal-audit"]
    assert scheduled == entry
