from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.authenticate import caller_of
from accounts.errors import Conflict, Forbidden
from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import NoScope, within
from integrations.errors import VaultLocked
from integrations.models import DataKey, Rekeying, RekeyingState
from integrations.vault.data_keys import destroy_versions
from integrations.vault.memory import in_memory
from integrations.vault.rotate import rotate_data_key, try_again
from tests.integrations.vault.rekeyed import CONSOLE, execution, opened, rekeying, rotate, stored, version_of


def versions(tenant: Tenant) -> list[int]:
    with within(tenant.id):
        return list(DataKey.objects.values_list("version", flat=True))


def test_the_new_version_seals_from_then_on(acme: Tenant) -> None:
    before = execution(acme)
    begun = rotate(acme)
    assert (begun.from_version, begun.to_version, begun.state) == (1, 2, RekeyingState.RUNNING)
    assert version_of(stored(execution(acme))) == 2
    assert (version_of(stored(before)), opened(before)) == (1, b"secret")


def test_it_records_who_rotated(acme: Tenant, alice: Person) -> None:
    execution(acme)
    rotate(acme, caller_of(alice))
    with within(acme.id):
        (entry,) = AuditEntry.objects.filter(action="data_key.rotated")
    assert (entry.actor, entry.subject) == (f"person:{alice.id}", f"tenant:{acme.id}")
    assert entry.detail == {"from": 1, "to": 2}


def test_it_does_one_at_a_time(acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    with pytest.raises(Conflict, match="being rotated already"):
        rotate(acme)
    assert versions(acme) == [1, 2]


def test_it_refuses_where_nothing_is_sealed(acme: Tenant) -> None:
    with pytest.raises(Conflict, match="has no data key"):
        rotate(acme)
    execution(acme)
    with within(acme.id):
        destroy_versions(acme.id)
    with pytest.raises(Conflict, match="has no data key"):
        rotate(acme)
    assert versions(acme) == [1]


def test_an_operator_may_not(acme: Tenant, bob: Person) -> None:
    execution(acme)
    with pytest.raises(Forbidden):
        rotate(acme, caller_of(bob))
    with pytest.raises(Forbidden), within(acme.id):
        try_again(tenant_id=acme.id, by=caller_of(bob), give_up=False)
    assert versions(acme) == [1]


def test_nobody_rotates_another_tenants_key(acme: Tenant, globex: Tenant, mallory: Person) -> None:
    execution(acme)
    with within(globex.id), pytest.raises(NoScope):
        rotate_data_key(tenant_id=acme.id, by=caller_of(mallory))
    assert versions(acme) == [1]


def test_it_begins_nothing_without_the_vaults_key(acme: Tenant, settings: Settings) -> None:
    execution(acme)
    settings.VAULT_KEY_FILE = "/nowhere/vault.key"
    with pytest.raises(VaultLocked):
        rotate(acme)
    with within(acme.id):
        assert not Rekeying.objects.exists()
    assert versions(acme) == [1]


def test_only_what_is_stuck_is_tried_again(acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    with within(acme.id), pytest.raises(Conflict, match="is stuck"):
        try_again(tenant_id=acme.id, by=CONSOLE, give_up=True)
    assert rekeying(acme).gives_up is False


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_begins(acme: Tenant) -> None:
    execution(acme)
    in_memory.clear()
    ready = Barrier(4)

    def attempt(_: int) -> str:
        ready.wait()
        try:
            return str(rotate(acme))
        except Conflict as error:
            return error.message[:30]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        said = sorted(threads.map(attempt, range(4)))
    assert said == [*["This tenant's data key is bein"] * 3, "version 1 to 2"]
    assert versions(acme) == [1, 2]
