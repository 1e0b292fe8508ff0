import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Tenant
from accounts.tenancy import NoScope, platform, within
from integrations.errors import SealBroken, VaultLocked
from integrations.models import DataKey
from integrations.vault import Opener, open_sealed, seal, sealer_for
from integrations.vault.data_keys import FIRST_VERSION
from integrations.vault.memory import in_memory
from tests.integrations.vault.conftest import MakeKeyFile

SECRET = b'{"card": "4111 1111"}'
commits = pytest.mark.django_db(transaction=True)


def seal_for(tenant: Tenant, field: str = "7:input", plaintext: bytes = SECRET, purpose: str = "execution") -> bytes:
    with within(tenant.id):
        return seal(tenant_id=tenant.id, purpose=purpose, field=field, plaintext=plaintext)


def open_for(tenant: Tenant, sealed: bytes, field: str = "7:input", purpose: str = "execution") -> bytes:
    with within(tenant.id):
        return open_sealed(tenant_id=tenant.id, purpose=purpose, field=field, sealed=sealed)


@pytest.mark.parametrize("plaintext", [SECRET, b"", b"z" * 1_000_000])
def test_it_opens_what_it_sealed(acme: Tenant, plaintext: bytes) -> None:
    sealed = seal_for(acme, plaintext=plaintext)
    assert open_for(acme, sealed) == plaintext
    assert len(sealed) == len(plaintext) + 33


def test_it_opens_what_a_database_hands_back(acme: Tenant) -> None:
    with within(acme.id):
        sealed = memoryview(seal(tenant_id=acme.id, purpose="p", field="f", plaintext=SECRET))
        assert open_sealed(tenant_id=acme.id, purpose="p", field="f", sealed=sealed) == SECRET


def test_it_seals_the_same_differently_each_time(acme: Tenant) -> None:
    assert seal_for(acme) != seal_for(acme)
    assert SECRET not in seal_for(acme)


def test_it_opens_nothing_that_was_moved(acme: Tenant, globex: Tenant) -> None:
    sealed = seal_for(acme)
    seal_for(globex)
    for tenant, field, purpose in [
        (globex, "7:input", "execution"),
        (acme, "8:input", "execution"),
        (acme, "7:output", "execution"),
        (acme, "7:input", "connection"),
        (acme, "input", "execution7:"),
    ]:
        with pytest.raises(SealBroken):
            open_for(tenant, sealed, field, purpose)


@pytest.mark.parametrize("at", [0, 1, 4, 5, 16, 17, -1])
def test_it_opens_nothing_that_was_changed(acme: Tenant, at: int) -> None:
    sealed = bytearray(seal_for(acme))
    sealed[at] ^= 1
    with pytest.raises(SealBroken) as caught:
        open_for(acme, bytes(sealed))
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (500, "internal_error", False)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(31), b"\x02" + bytes(60)])
def test_it_opens_nothing_that_was_never_sealed(acme: Tenant, sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        open_for(acme, sealed)


def test_it_gives_each_tenant_a_key_of_its_own(acme: Tenant, globex: Tenant) -> None:
    seal_for(acme)
    seal_for(acme)
    seal_for(globex)
    with platform():
        keys = DataKey.objects.order_by("tenant_id")
        assert {key.tenant_id for key in keys} == {acme.id, globex.id}
        assert [key.version for key in keys] == [FIRST_VERSION, FIRST_VERSION]


def test_a_data_key_does_not_open_for_another_tenant(acme: Tenant, globex: Tenant) -> None:
    seal_for(acme)
    with platform():
        row = DataKey.objects.get()
        DataKey.objects.create(tenant=globex, version=FIRST_VERSION, wrapped=row.wrapped)
    with pytest.raises(VaultLocked):
        seal_for(globex)


def test_it_uses_the_newest_key_and_still_opens_the_old(acme: Tenant, globex: Tenant) -> None:
    old = seal_for(acme)
    with platform():
        DataKey.objects.filter(tenant=acme).update(version=3)
    with pytest.raises(VaultLocked):
        seal_for(acme)
    with platform():
        DataKey.objects.filter(tenant=acme).update(version=FIRST_VERSION)
    assert open_for(acme, old) == SECRET


def test_nothing_opens_once_the_data_key_is_destroyed(acme: Tenant) -> None:
    sealed = seal_for(acme)
    with within(acme.id):
        DataKey.objects.all().delete()
    with pytest.raises(SealBroken):
        open_for(acme, sealed)


def test_it_works_within_the_tenants_scope_only(acme: Tenant, globex: Tenant) -> None:
    with pytest.raises(NoScope):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=SECRET)
    with within(globex.id), pytest.raises(NoScope):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=SECRET)
    with within(globex.id), pytest.raises(NoScope):
        open_sealed(tenant_id=acme.id, purpose="p", field="f", sealed=bytes(60))
    with platform():
        assert DataKey.objects.count() == 0
        sealed = seal(tenant_id=acme.id, purpose="p", field="f", plaintext=SECRET)
    assert open_for(acme, sealed, "f", "p") == SECRET


def test_row_level_security_hides_another_tenants_keys(acme: Tenant, globex: Tenant) -> None:
    seal_for(acme)
    with within(globex.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_datakey")
        assert cursor.fetchone() == (0,)
    with within(globex.id), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        DataKey.objects.create(tenant=acme, version=9, wrapped=b"")


def test_a_version_is_made_once(acme: Tenant) -> None:
    seal_for(acme)
    with within(acme.id), pytest.raises(IntegrityError, match="data_key_version_once"), transaction.atomic():
        DataKey.objects.create(tenant=acme, version=FIRST_VERSION, wrapped=b"")


@commits
def test_it_costs_no_query_once_the_key_is_in_memory(
    acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sealed = seal_for(acme)
    open_for(acme, sealed)
    with within(acme.id), django_assert_num_queries(0):
        again = seal(tenant_id=acme.id, purpose="execution", field="7:input", plaintext=SECRET)
        open_sealed(tenant_id=acme.id, purpose="execution", field="7:input", sealed=again)


@commits
def test_it_remembers_no_key_of_a_transaction_that_was_rolled_back(acme: Tenant) -> None:
    with within(acme.id):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=SECRET)
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=SECRET)
        transaction.set_rollback(True)
    assert len(in_memory) == 0
    sealed = seal_for(acme)
    in_memory.clear()
    assert open_for(acme, sealed) == SECRET


@commits
def test_two_at_once_make_one_key(acme: Tenant) -> None:
    ready = Barrier(4)

    def first_use(number: int) -> bytes:
        ready.wait()
        try:
            return seal_for(acme, f"{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        blobs = list(threads.map(first_use, range(4)))
    in_memory.clear()
    assert [open_for(acme, blob, f"{number}") for number, blob in enumerate(blobs)] == [SECRET] * 4
    with platform():
        assert DataKey.objects.count() == 1


def test_it_is_locked_without_its_key_file(acme: Tenant, settings: Settings, tmp_path: Path) -> None:
    sealed = seal_for(acme)
    settings.VAULT_KEY_FILE = tmp_path / "lost.key"
    with pytest.raises(VaultLocked) as caught:
        open_for(acme, sealed)
    assert (caught.value.status, caught.value.code) == (503, "unavailable")
    assert str(tmp_path) not in caught.value.message
    with within(acme.id):
        DataKey.objects.all().delete()
    with pytest.raises(VaultLocked):
        seal_for(acme)
    with platform():
        assert DataKey.objects.count() == 0


def test_it_is_locked_with_the_wrong_key_file(acme: Tenant, settings: Settings, make_key_file: MakeKeyFile) -> None:
    sealed = seal_for(acme)
    settings.VAULT_KEY_FILE = make_key_file(base64.b64encode(bytes(32)))
    with pytest.raises(VaultLocked):
        open_for(acme, sealed)
    with pytest.raises(VaultLocked):
        seal_for(acme)


def test_no_key_is_ever_shown(acme: Tenant) -> None:
    seal_for(acme)
    with within(acme.id):
        row = DataKey.objects.get()
    assert bytes(row.wrapped).hex() not in f"{row} {row!r} {in_memory!r}"


def test_it_seals_without_a_query_when_the_key_is_at_hand(acme: Tenant, globex: Tenant) -> None:
    with within(acme.id):
        sealer = sealer_for(acme.id)
        with pytest.raises(NoScope):
            sealer_for(globex.id)
    sealed = sealer.seal(purpose="cache", field="key", plaintext=b"answer")
    assert sealer.open(purpose="cache", field="key", sealed=sealed) == b"answer"
    for purpose, field, blob in [
        ("cache", "other", sealed),
        ("cache", "key", sealed[:-1] + b"x"),
        ("cache", "key", b""),
    ]:
        with pytest.raises(SealBroken):
            sealer.open(purpose=purpose, field=field, sealed=blob)
    with within(acme.id):
        assert open_sealed(tenant_id=acme.id, purpose="cache", field="key", sealed=sealed) == b"answer"


def test_it_opens_a_batch_with_one_look_at_the_key(
    acme: Tenant, globex: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    blobs = {f"{number}": seal_for(acme, f"{number}", purpose="p") for number in range(5)}
    with within(acme.id), django_assert_num_queries(1):
        opener = Opener(acme.id)
        opened = [opener.open(purpose="p", field=field, sealed=blob) for field, blob in blobs.items()]
    assert opened == [SECRET] * 5
    with within(globex.id), pytest.raises(NoScope):
        Opener(acme.id)
