import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from pytest_django import Settings

from accounts.authenticate import caller_of
from accounts.errors import Conflict, Forbidden
from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import within
from integrations.errors import SealBroken, VaultErased, VaultLocked
from integrations.models import RekeyingState
from integrations.vault import derived_key
from integrations.vault.erase import erase_tenant
from integrations.vault.memory import in_memory
from integrations.vault.rotate import rotate_data_key
from registry.models import Execution
from registry.redaction import PURPOSE
from tests.integrations.vault.rekeyed import CONSOLE, alive, execution, opened, rekeying, rotate, stored
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.patience import until
from tests.web import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

# A process that has the key in memory, and opens a value over and over until it cannot.
READER = """
import django, sys
django.setup()
from uuid import UUID
from accounts.tenancy import within
from integrations.errors import SealBroken
from integrations.vault import memory, open_sealed
memory.KEPT_SECONDS = 1.0
tenant, row, sealed = UUID(sys.argv[1]), sys.argv[2], bytes.fromhex(sys.argv[3])
said = False
while True:
    try:
        with within(tenant):
            open_sealed(tenant_id=tenant, purpose="execution", field=f"{row}:input", sealed=sealed)
        if not said:
            print("opened", flush=True)
        said = True
    except SealBroken:
        sys.exit(7)
"""


def test_nothing_opens_any_more(acme: Tenant) -> None:
    row = execution(acme)
    with within(acme.id):
        derived_key(acme.id, PURPOSE)
    erased = erase_tenant(tenant_id=acme.id, by=CONSOLE)
    assert erased.versions == (1,)
    assert erased.tried == ("integrations.derivedkey.sealed", "registry.execution.sealed_input")
    with pytest.raises(SealBroken):
        opened(row)
    assert alive(acme) == []


def test_nothing_is_sealed_any_more(acme: Tenant) -> None:
    execution(acme)
    erase_tenant(tenant_id=acme.id, by=CONSOLE)
    with pytest.raises(VaultErased):
        execution(acme)
    with within(acme.id):
        assert Execution.objects.count() == 1


def test_it_records_it_and_has_everybody_forget(acme: Tenant) -> None:
    execution(acme)
    erase_tenant(tenant_id=acme.id, by=CONSOLE)
    with within(acme.id):
        (entry,) = AuditEntry.objects.filter(action="data_key.erased")
        assert Tenant.objects.get().generation == acme.generation + 1
    assert (entry.actor, entry.detail) == ("system:vault", {"versions": [1]})


def test_it_ends_a_rotation_that_is_under_way(acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    assert erase_tenant(tenant_id=acme.id, by=CONSOLE).versions == (1, 2)
    assert rekeying(acme).state == RekeyingState.DONE


def test_it_waits_for_a_rotation_that_has_not_committed(acme: Tenant) -> None:
    execution(acme)
    with ThreadPoolExecutor(1) as thread:
        with within(acme.id):
            rotate_data_key(tenant_id=acme.id, by=CONSOLE)
            erasing = thread.submit(in_another_connection, partial(erase_tenant, tenant_id=acme.id, by=CONSOLE))
            until(somebody_waits_for_a_lock)
        assert erasing.result(20).versions == (1, 2)
    assert (alive(acme), rekeying(acme).state) == ([], RekeyingState.DONE)


def test_it_touches_no_other_tenant(acme: Tenant, globex: Tenant) -> None:
    execution(acme)
    row = execution(globex)
    erase_tenant(tenant_id=acme.id, by=CONSOLE)
    assert opened(row) == b"secret"


def test_what_never_opened_proves_nothing(acme: Tenant) -> None:
    row = execution(acme)
    with within(acme.id):
        Execution.objects.update(sealed_input=stored(row)[:-1])
    assert erase_tenant(tenant_id=acme.id, by=CONSOLE).tried == ()


def test_a_tenants_owner_may_not(acme: Tenant, alice: Person) -> None:
    row = execution(acme)
    with pytest.raises(Forbidden):
        erase_tenant(tenant_id=acme.id, by=caller_of(alice))
    assert opened(row) == b"secret"


def test_it_erases_nothing_twice(acme: Tenant) -> None:
    with pytest.raises(Conflict, match="has no data key"):
        erase_tenant(tenant_id=acme.id, by=CONSOLE)
    execution(acme)
    erase_tenant(tenant_id=acme.id, by=CONSOLE)
    with pytest.raises(Conflict, match="was erased already"):
        erase_tenant(tenant_id=acme.id, by=CONSOLE)


def test_it_destroys_nothing_that_it_cannot_try(acme: Tenant, settings: Settings) -> None:
    row = execution(acme)
    in_memory.clear()
    key, settings.VAULT_KEY_FILE = settings.VAULT_KEY_FILE, "/nowhere/vault.key"
    with pytest.raises(VaultLocked):
        erase_tenant(tenant_id=acme.id, by=CONSOLE)
    settings.VAULT_KEY_FILE = key
    assert opened(row) == b"secret"


def test_other_processes_forget_it_too(acme: Tenant) -> None:
    row = execution(acme)
    command = [sys.executable, "-c", READER, str(acme.id), str(row.id), stored(row).hex()]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == b"opened\n"
        erase_tenant(tenant_id=acme.id, by=CONSOLE)
        assert reader.wait(20) == 7
