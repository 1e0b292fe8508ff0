from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.errors import Invalid
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from integrations.connections.change import change_connection
from integrations.errors import ConnectionMissing
from integrations.models import Connection
from tests.catalogue import manager_of
from tests.integrations.connections.services import settled
from tests.locks import in_another_connection
from tests.vendors import Vendor


def changed(connection: Connection, tenant: Tenant, **changes: Any) -> Connection:
    return change_connection(tenant_id=tenant.id, by=manager_of(tenant), connection_id=connection.id, changes=changes)


def test_it_changes_the_name(acme: Tenant, vendor: Vendor) -> None:
    found = changed(settled(acme, vendor), acme, name="Support's chat")
    assert found.name == "Support's chat"
    with within(acme.id):
        assert AuditEntry.objects.get(action="connection.changed").detail == {"fields": ["name"]}


def test_it_records_nothing_when_nothing_changes(acme: Tenant, vendor: Vendor) -> None:
    changed(settled(acme, vendor), acme, name="Chat", is_default=False)
    with within(acme.id):
        assert not AuditEntry.objects.filter(action="connection.changed").exists()


def test_it_takes_the_default_from_another(acme: Tenant, vendor: Vendor) -> None:
    first, second = settled(acme, vendor, is_default=True), settled(acme, vendor)
    changed(second, acme, is_default=True)
    with within(acme.id):
        assert dict(Connection.objects.values_list("id", "is_default")) == {first.id: False, second.id: True}


@pytest.mark.django_db(transaction=True)
def test_of_two_that_become_the_default_at_once_one_stays_it(acme: Tenant, vendor: Vendor) -> None:
    both = [settled(acme, vendor), settled(acme, vendor)]
    ready = Barrier(2)

    def make_default(which: Connection) -> Connection:
        ready.wait()
        return in_another_connection(partial(changed, which, acme, is_default=True))

    with ThreadPoolExecutor(2) as threads:
        assert [found.is_default for found in threads.map(make_default, both)] == [True, True]
    with within(acme.id):
        assert Connection.objects.filter(is_default=True).count() == 1


def test_it_refuses_an_end_users_connection_as_default(acme: Tenant, vendor: Vendor) -> None:
    with pytest.raises(Invalid, match="serves their own calls only"):
        changed(settled(acme, vendor, end_user="ada"), acme, is_default=True)


def test_it_refuses_what_cannot_be_changed(acme: Tenant, vendor: Vendor) -> None:
    found = settled(acme, vendor)
    with pytest.raises(Invalid):
        changed(found, acme, slug="other", variables={})
    with pytest.raises(ValidationError):
        changed(found, acme, name="")
    with within(acme.id):
        assert Connection.objects.get().name == "Chat"


@pytest.mark.parametrize("name", ["\u202etahC", "two\nlines", "zero\u200bwidth"])
def test_it_refuses_a_name_that_is_not_what_it_looks_like(acme: Tenant, vendor: Vendor, name: str) -> None:
    connection = settled(acme, vendor)
    with pytest.raises(Invalid) as caught:
        changed(connection, acme, name=name)
    assert [fault.path for fault in caught.value.faults] == ["$.name"]
    with within(acme.id):
        assert Connection.objects.get().name == "Chat"


def test_it_shows_another_tenant_nothing(acme: Tenant, globex: Tenant, vendor: Vendor) -> None:
    with pytest.raises(ConnectionMissing):
        changed(settled(acme, vendor), globex, name="Mine")
