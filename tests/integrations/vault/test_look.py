import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import Tenant
from accounts.tenancy import platform, within
from integrations.errors import VaultLocked
from integrations.models import DataKey
from integrations.vault.accepted import accepted
from integrations.vault.data_keys import destroy_versions
from integrations.vault.look import Looked, count_keys, look_at, some_tenants
from integrations.vault.memory import in_memory
from integrations.vault.wrapping import KeyringUnusable
from registry.models import Execution
from tests.integrations.vault.conftest import MakeKeyFile
from tests.integrations.vault.rekeyed import execution, rotate, stored


def test_it_opens_one_value_for_each_version(acme: Tenant) -> None:
    for _ in range(3):
        execution(acme)
    rotate(acme)
    execution(acme)
    assert look_at(acme.id) == Looked(acme.id, keys=2, opened=2, troubles=())


def test_it_says_where_something_does_not_open(acme: Tenant, globex: Tenant) -> None:
    row = execution(acme)
    execution(globex)
    with within(acme.id):
        Execution.objects.filter(id=row.id).update(sealed_input=stored(row)[:-1])
    assert look_at(acme.id).troubles == (
        f"registry.execution.sealed_input of {row.id}, sealed with version 1, does not open.",
    )
    assert look_at(globex.id).troubles == ()


def test_it_says_which_data_key_does_not_open(acme: Tenant) -> None:
    execution(acme)
    with within(acme.id):
        DataKey.objects.update(wrapped=accepted().current.mark + bytes(60))
    assert look_at(acme.id) == Looked(acme.id, 1, 0, ("The data key version 1 does not open.",))


def test_it_only_reads(acme: Tenant) -> None:
    execution(acme)
    with CaptureQueriesContext(connection) as asked:
        look_at(acme.id)
    words = {query["sql"].split()[0] for query in asked.captured_queries}
    assert words == {"SAVEPOINT", "SELECT", "RELEASE"}


def test_it_counts_the_keys_that_another_key_wrapped(
    acme: Tenant, globex: Tenant, settings: Settings, make_key_file: MakeKeyFile
) -> None:
    execution(acme)
    before, settings.VAULT_KEY_FILE = settings.VAULT_KEY_FILE, make_key_file(name="next.key")
    execution(globex)
    assert count_keys(accepted()) == (1, 2)
    settings.VAULT_PREVIOUS_KEY_FILE = str(before)
    assert count_keys(accepted()) == (0, 2)


def test_it_does_not_count_what_is_destroyed(acme: Tenant) -> None:
    execution(acme)
    with within(acme.id):
        destroy_versions(acme.id)
    assert (count_keys(accepted()), some_tenants(None)) == ((0, 0), [])


def test_it_chooses_so_many_tenants(acme: Tenant, globex: Tenant) -> None:
    for tenant in (acme, globex):
        execution(tenant)
    rotate(acme)
    assert set(some_tenants(None)) == {acme.id, globex.id}
    assert len(some_tenants(1)) == 1


def test_it_looks_at_nothing_without_the_vaults_key(acme: Tenant, settings: Settings) -> None:
    execution(acme)
    in_memory.clear()
    settings.VAULT_KEY_FILE = "/nowhere/vault.key"
    with pytest.raises((KeyringUnusable, VaultLocked)):
        look_at(acme.id)
    with platform():
        assert DataKey.objects.alive().count() == 1
