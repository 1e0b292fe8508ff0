"""Sealing: gapless, in order, linked, and by one process at a time."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from accounts import sealing
from accounts.events import lagging, subscribe
from accounts.models import AuditEntry, AuditHead, Tenant
from accounts.sealing import GENESIS, head_of, seal_batch, seal_of, tenants_with_unsealed
from accounts.tenancy import platform, within
from accounts.verify import verify_chain
from tests.accounts.trails import seal_all, sealed, write

pytestmark = pytest.mark.django_db


def test_it_gives_entries_their_place_in_the_order_they_were_written(acme: Tenant) -> None:
    write(acme.id, "tool.registered", "tool.changed")
    seal_batch(acme.id)
    write(acme.id, "tool.retired")
    seal_batch(acme.id)
    assert sealed(acme.id) == [(1, "tenant.created"), (2, "tool.registered"), (3, "tool.changed"), (4, "tool.retired")]


def test_it_keeps_a_chain_for_each_tenant_and_one_for_the_platform(acme: Tenant, globex: Tenant) -> None:
    write(None, "tool.registered")
    assert set(tenants_with_unsealed()) == {acme.id, globex.id, None}
    for tenant_id in tenants_with_unsealed():
        seal_all(tenant_id)
    assert sealed(acme.id) == sealed(globex.id) == [(1, "tenant.created")]
    assert sealed(None) == [(1, "tool.registered")]
    assert tenants_with_unsealed() == []


def test_it_links_each_entry_to_the_one_before(acme: Tenant) -> None:
    write(acme.id, "tool.registered")
    seal_all(acme.id)
    with within(acme.id):
        first, second = AuditEntry.objects.sealed_after(0)
        assert first.seal == seal_of(bytes(32), 1, first)
        assert second.seal == seal_of(bytes(first.seal or b""), 2, second)
        assert (head_of(acme.id).sequence, head_of(acme.id).seal) == (2, second.seal)


def test_it_seals_every_fact_of_an_entry() -> None:
    """Written out: somebody else's program must be able to compute it, and no later version may do it otherwise."""
    entry = AuditEntry(
        id=UUID("0199d3a1-0000-7000-8000-000000000001"),
        tenant_id=UUID("0199d3a1-0000-7000-8000-000000000002"),
        at=datetime(2030, 1, 31, 12, 0, tzinfo=UTC),
        actor="agent:7",
        action="tool.registered",
        subject="tool:8",
        detail={"b": [1, 2.5, None], "a": "ä"},
    )
    canonical = (
        '{"action":"tool.registered","actor":"agent:7","at":"2030-01-31T12:00:00.000000+00:00",'
        '"detail":{"a":"\\u00e4","b":[1,2.5,null]},"id":"0199d3a1-0000-7000-8000-000000000001","sequence":5,'
        '"subject":"tool:8","tenant":"0199d3a1-0000-7000-8000-000000000002"}'
    )
    assert seal_of(b"before", 5, entry) == hashlib.sha256(b"before" + canonical.encode()).digest()


def test_it_goes_on_after_each_batch(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 2)
    write(acme.id, "tool.registered", "tool.changed")
    assert seal_batch(acme.id) is True
    assert [sequence for sequence, _ in sealed(acme.id)] == [1, 2]
    assert seal_batch(acme.id) is False
    assert [sequence for sequence, _ in sealed(acme.id)] == [1, 2, 3]


def test_it_has_nothing_to_do_where_nothing_waits(acme: Tenant) -> None:
    seal_all(acme.id)
    head = head_in(acme)
    assert seal_batch(acme.id) is False
    assert head_in(acme) == head


def test_it_leaves_nothing_half_sealed_when_it_dies(acme: Tenant) -> None:
    with within(acme.id):
        seal_batch(acme.id)
        transaction.set_rollback(True)
    assert sealed(acme.id) == []
    assert head_in(acme) == GENESIS
    seal_all(acme.id)
    assert sealed(acme.id) == [(1, "tenant.created")]


@pytest.mark.django_db(transaction=True)
def test_it_finds_who_waits_without_reading_the_trail(acme: Tenant, intruder: psycopg.Connection) -> None:
    write(acme.id, *["tool.changed"] * 1000)
    seal_all(acme.id)
    write(acme.id, "tool.retired")
    intruder.execute("ANALYZE accounts_auditentry")
    with platform(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # how large the table is, here, is other tests' doing
        cursor.execute("EXPLAIN SELECT DISTINCT tenant_id FROM accounts_auditentry WHERE sequence IS NULL")
        plan = str(cursor.fetchall())
    assert "audit_unsealed" in plan


@pytest.mark.django_db(transaction=True)
def test_it_seals_the_last_entries_of_a_deleted_tenant(acme: Tenant, intruder: psycopg.Connection) -> None:
    subscribe("listener", lambda tenant_id, events: None)
    intruder.execute("DELETE FROM accounts_tenant WHERE id = %s", [acme.id])
    seal_batch(acme.id)
    assert sealed(acme.id) == [(1, "tenant.created")]
    assert lagging() == [(acme.id, "listener")]


@pytest.mark.django_db(transaction=True)
def test_it_leaves_a_chain_to_the_process_that_is_at_it(acme: Tenant, intruder: psycopg.Connection) -> None:
    lock = ("SELECT {}(hashtextextended(%s, 0))", [f"audit:{acme.id}"])
    intruder.execute(lock[0].format("pg_advisory_lock"), lock[1])
    assert seal_batch(acme.id) is False
    assert sealed(acme.id) == []
    intruder.execute(lock[0].format("pg_advisory_unlock"), lock[1])
    seal_batch(acme.id)
    assert sealed(acme.id) == [(1, "tenant.created")]


@pytest.mark.django_db(transaction=True)
def test_it_stays_gapless_with_many_at_it(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 10)
    write(acme.id, *["tool.changed"] * 99)
    with ThreadPoolExecutor(4) as pool:
        for work in [pool.submit(_seal_and_leave, acme.id) for _ in range(40)]:
            work.result()
    seal_all(acme.id)
    assert [sequence for sequence, _ in sealed(acme.id)] == list(range(1, 101))
    assert verify_chain(tenant_id=acme.id).damage is None


def _seal_and_leave(tenant_id: UUID) -> None:
    try:
        seal_batch(tenant_id)
    finally:
        connection.close()


def head_in(tenant: Tenant) -> sealing.Head:
    with within(tenant.id):
        assert AuditHead.objects.count() <= 1
        return head_of(tenant.id)
