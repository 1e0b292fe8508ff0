from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.caller import Caller, System
from accounts.errors import Forbidden
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from integrations.models import DataKey
from integrations.vault import open_sealed, seal
from integrations.vault.accepted import accepted
from integrations.vault.memory import in_memory
from integrations.vault.rewrap import rewrap_all, waiting
from tests.cast import make_tenant
from tests.integrations.vault.conftest import MakeKeyFile

pytestmark = pytest.mark.django_db(transaction=True)

CONSOLE = System("vault")
Change = Callable[[], None]


@pytest.fixture
def sealed(acme: Tenant, globex: Tenant) -> dict[Tenant, bytes]:
    return {tenant: seal_for(tenant) for tenant in (acme, globex)}


@pytest.fixture
def change_file(settings: Settings, make_key_file: MakeKeyFile) -> Change:
    """As an operator does: the key of now becomes the one before, beside a new one."""

    def change() -> None:
        settings.VAULT_PREVIOUS_KEY_FILE = str(settings.VAULT_KEY_FILE)
        settings.VAULT_KEY_FILE = make_key_file(name="next.key")
        in_memory.clear()

    return change


def seal_for(tenant: Tenant) -> bytes:
    with within(tenant.id):
        return seal(tenant_id=tenant.id, purpose="p", field="f", plaintext=tenant.slug.encode())


def opened(sealed: dict[Tenant, bytes]) -> list[str]:
    found = []
    for tenant, blob in sealed.items():
        with within(tenant.id):
            found.append(open_sealed(tenant_id=tenant.id, purpose="p", field="f", sealed=blob).decode())
    return found


def test_it_wraps_every_data_key_anew(sealed: dict[Tenant, bytes], change_file: Change, settings: Settings) -> None:
    change_file()
    assert opened(sealed) == ["acme", "globex"]
    *_, end = rewrap_all(by=CONSOLE)
    assert (end.done, end.waiting, end.closed) == (2, 0, ())
    settings.VAULT_PREVIOUS_KEY_FILE = ""
    in_memory.clear()
    assert opened(sealed) == ["acme", "globex"]


def test_it_records_how_many_with_which_key(sealed: dict[Tenant, bytes], change_file: Change) -> None:
    change_file()
    *_, _ = rewrap_all(by=CONSOLE)
    with platform():
        (entry,) = AuditEntry.objects.filter(action="data_key.rewrapped")
    assert (entry.tenant_id, entry.actor) == (None, "system:vault")
    assert entry.detail == {"number": 2, "key": accepted().current.key_id}


def test_it_has_nothing_to_do_twice(sealed: dict[Tenant, bytes], change_file: Change) -> None:
    change_file()
    *_, _ = rewrap_all(by=CONSOLE)
    (only,) = rewrap_all(by=CONSOLE)
    assert (only.done, only.waiting) == (0, 0)


def test_it_goes_on_where_it_was_stopped(
    sealed: dict[Tenant, bytes], change_file: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.vault.rewrap.BATCH", 1)
    change_file()
    assert [each.waiting for each in islice(rewrap_all(by=CONSOLE), 2)] == [2, 1]
    assert opened(sealed) == ["acme", "globex"]
    *_, end = rewrap_all(by=CONSOLE)
    assert (end.done, end.waiting) == (1, 0)


def test_it_leaves_what_no_key_opens_as_it_is(
    sealed: dict[Tenant, bytes], settings: Settings, make_key_file: MakeKeyFile
) -> None:
    settings.VAULT_KEY_FILE = make_key_file(name="next.key")
    with platform():
        before = list(DataKey.objects.values_list("wrapped", flat=True))
    *_, end = rewrap_all(by=CONSOLE)
    assert (end.done, end.waiting, set(end.closed)) == (0, 2, {tenant.id for tenant in sealed})
    with platform():
        assert list(DataKey.objects.values_list("wrapped", flat=True)) == before
        assert not AuditEntry.objects.filter(action="data_key.rewrapped").exists()


def test_only_the_platforms_owner_may(sealed: dict[Tenant, bytes], scout_caller: Caller, change_file: Change) -> None:
    change_file()
    with pytest.raises(Forbidden):
        next(rewrap_all(by=scout_caller))
    assert waiting(accepted()) == 2


def test_it_moves_from_a_file_to_kms_and_back(
    sealed: dict[Tenant, bytes], settings: Settings, kms: Any, kms_server: str, tmp_path: Path
) -> None:
    file, arn = settings.VAULT_KEY_FILE, kms.create_key()["KeyMetadata"]["Arn"]
    settings.VAULT_KMS_ENDPOINT = kms_server
    settings.VAULT_KMS_KEY_ID, settings.VAULT_PREVIOUS_KEY_FILE = arn, str(file)
    *_, end = rewrap_all(by=CONSOLE)
    assert (end.done, end.waiting) == (2, 0)
    settings.VAULT_PREVIOUS_KEY_FILE = ""
    in_memory.clear()
    assert opened(sealed) == ["acme", "globex"]
    settings.VAULT_KMS_KEY_ID, settings.VAULT_PREVIOUS_KMS_KEY_ID = "", arn
    *_, end = rewrap_all(by=CONSOLE)
    assert (end.done, end.waiting) == (2, 0)
    settings.VAULT_PREVIOUS_KMS_KEY_ID = ""
    in_memory.clear()
    assert opened(sealed) == ["acme", "globex"]


def test_nobody_fails_meanwhile(change_file: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.vault.rewrap.BATCH", 5)
    tenants = [make_tenant(f"tenant-{number}") for number in range(20)]
    sealed = {tenant: seal_for(tenant) for tenant in tenants}
    change_file()
    done = Event()

    def work(tenant: Tenant) -> int:
        rounds = 0
        try:
            while not (done.is_set() and rounds):
                in_memory.clear()
                assert opened({tenant: sealed[tenant]}) == [tenant.slug]
                assert opened({tenant: seal_for(tenant)}) == [tenant.slug]
                rounds += 1
        finally:
            connection.close()
        return rounds

    with ThreadPoolExecutor(4) as threads:
        working = [threads.submit(work, tenant) for tenant in tenants[:4]]
        *_, end = rewrap_all(by=CONSOLE)
        done.set()
        assert all(each.result() for each in working)
    assert (end.done, end.waiting) == (20, 0)
