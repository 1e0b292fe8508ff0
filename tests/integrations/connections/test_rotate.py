from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.connections.rotate import rotate_credential, take_back
from integrations.connections.sealed import open_values
from integrations.connections.sweep import sweep_connections
from integrations.errors import ConnectionMissing, CredentialRefused
from integrations.models import Connection, Credential
from tests.catalogue import manager_of
from tests.integrations.connections.services import imported, settled
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.patience import until
from tests.vendors import API_KEY, Vendor

DAY = timedelta(days=1)


def rotated(connection: Connection, tenant: Tenant, **more: Any) -> Connection:
    facts: dict[str, Any] = {"by": manager_of(tenant), "values": {"key": API_KEY}, **more}
    return rotate_credential(tenant_id=tenant.id, connection_id=connection.id, **facts)


def kept(connection: Connection) -> dict[str, str]:
    with within(connection.tenant_id):
        rows = Credential.objects.filter(connection=connection)
        return {row.state: open_values(row)["key"] for row in rows}


@pytest.fixture
def chat(acme: Tenant, vendor: Vendor) -> Connection:
    return settled(acme, vendor, values={"key": "key-of-last-year"}, check=False)


def test_it_keeps_the_old_one_for_a_while(acme: Tenant, chat: Connection) -> None:
    found = rotated(chat, acme)
    assert (found.id, found.slug, found.account) == (chat.id, "chat", "Acme Inc. at Acme")
    assert kept(chat) == {"current": API_KEY, "previous": "key-of-last-year"}
    with within(acme.id):
        entry = AuditEntry.objects.get(action="connection.rotated")
        assert entry.detail["overlap_seconds"] == 86_400


@pytest.mark.django_db(transaction=True)
def test_it_brings_nothing_back_that_ends_meanwhile(acme: Tenant, chat: Connection) -> None:
    with ThreadPoolExecutor(1) as thread:
        with within(acme.id):
            Connection.objects.update(state="disconnected")
            Credential.objects.all().delete()
            rotating = thread.submit(in_another_connection, partial(rotated, chat, acme, check=False))
            until(somebody_waits_for_a_lock)
        with pytest.raises(ConnectionMissing):
            rotating.result(20)
    assert kept(chat) == {}


def test_it_proves_the_new_one_first(acme: Tenant, chat: Connection) -> None:
    with pytest.raises(CredentialRefused):
        rotated(chat, acme, values={"key": "key-of-mallory"})
    assert kept(chat) == {"current": "key-of-last-year"}


def test_it_keeps_one_previous_only(acme: Tenant, chat: Connection) -> None:
    rotated(chat, acme)
    rotated(chat, acme, values={"key": "key-of-next-year"}, check=False)
    assert kept(chat) == {"current": "key-of-next-year", "previous": API_KEY}


def test_it_destroys_the_old_one_at_once_without_an_overlap(acme: Tenant, chat: Connection) -> None:
    rotated(chat, acme, overlap_seconds=0)
    assert kept(chat) == {"current": API_KEY}
    with pytest.raises(Conflict, match="no previous credential"):
        take_back(tenant_id=acme.id, by=manager_of(acme), connection_id=chat.id)


@pytest.mark.parametrize("seconds", [-1, 31 * 86_400])
def test_it_refuses_an_overlap_that_is_none(acme: Tenant, chat: Connection, seconds: int) -> None:
    with pytest.raises(Invalid):
        rotated(chat, acme, overlap_seconds=seconds)
    assert kept(chat) == {"current": "key-of-last-year"}


def test_it_brings_an_expired_connection_back(acme: Tenant, chat: Connection) -> None:
    with within(acme.id):
        Connection.objects.filter(id=chat.id).update(state="expired", reason="revoked")
    assert (rotated(chat, acme).state, rotated(chat, acme).reason) == ("active", "")


def test_it_takes_the_old_one_back(acme: Tenant, chat: Connection) -> None:
    rotated(chat, acme)
    take_back(tenant_id=acme.id, by=manager_of(acme), connection_id=chat.id)
    assert kept(chat) == {"current": "key-of-last-year"}
    with within(acme.id):
        assert AuditEntry.objects.filter(action="connection.taken_back").count() == 1


def test_it_takes_nothing_back_when_its_time_is_over(acme: Tenant, chat: Connection) -> None:
    rotated(chat, acme)
    with within(acme.id):
        Credential.objects.filter(state="previous").update(valid_until=timezone.now())
    with pytest.raises(Conflict):
        take_back(tenant_id=acme.id, by=manager_of(acme), connection_id=chat.id)
    assert kept(chat) == {"current": API_KEY, "previous": "key-of-last-year"}


def test_the_sweep_destroys_it_when_its_time_is_over(acme: Tenant, chat: Connection) -> None:
    rotated(chat, acme)
    now = timezone.now()
    assert sweep_connections(at=now) == 0
    assert sweep_connections(at=now + DAY) == 1
    assert kept(chat) == {"current": API_KEY}
    with within(acme.id):
        assert AuditEntry.objects.filter(action="connection.previous_destroyed").count() == 1


def test_it_refuses_those_who_may_not(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    by = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.OPERATOR)
    with pytest.raises(Forbidden):
        rotated(chat, acme, by=by)
    with pytest.raises(Forbidden):
        take_back(tenant_id=acme.id, by=by, connection_id=chat.id)
    assert vendor.received == []


def test_it_shows_another_tenant_nothing(chat: Connection, globex: Tenant, vendor: Vendor) -> None:
    imported(globex, vendor)
    with pytest.raises(ConnectionMissing):
        rotated(chat, globex)
    assert kept(chat) == {"current": "key-of-last-year"}
