from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from integrations.vault.aging import rotate_aged
from integrations.vault.memory import in_memory
from tests.integrations.vault.rekeyed import alive, execution, finish, rotate

A_YEAR_ON = timezone.now() + timedelta(days=366)


def test_it_rotates_what_is_old(acme: Tenant, globex: Tenant) -> None:
    execution(acme)
    assert rotate_aged() == 0
    assert rotate_aged(at=A_YEAR_ON) == 1
    assert (alive(acme), alive(globex)) == ([1, 2], [])
    with within(acme.id):
        assert AuditEntry.objects.get(action="data_key.rotated").actor == "system:rekey"


def test_the_newest_version_counts(acme: Tenant, settings: Settings) -> None:
    execution(acme)
    rotate(acme)
    finish(acme)
    settings.VAULT_DEK_MAX_AGE_DAYS = 366
    assert rotate_aged(at=A_YEAR_ON) == 0
    assert alive(acme) == [2]


def test_it_leaves_alone_what_is_being_rotated(acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    assert rotate_aged(at=A_YEAR_ON) == 0
    assert alive(acme) == [1, 2]


def test_it_can_be_switched_off(acme: Tenant, settings: Settings) -> None:
    execution(acme)
    settings.VAULT_DEK_MAX_AGE_DAYS = 0
    assert rotate_aged(at=A_YEAR_ON) == 0
    assert alive(acme) == [1]


def test_it_rotates_so_many_at_once(acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.vault.aging.MOST_AT_ONCE", 1)
    for tenant in (acme, globex):
        execution(tenant)
    assert [rotate_aged(at=A_YEAR_ON) for _ in range(3)] == [1, 1, 0]


def test_it_comes_again_when_the_vaults_key_is_back(acme: Tenant, settings: Settings) -> None:
    execution(acme)
    in_memory.clear()
    key, settings.VAULT_KEY_FILE = settings.VAULT_KEY_FILE, "/nowhere/vault.key"
    assert rotate_aged(at=A_YEAR_ON) == 0
    settings.VAULT_KEY_FILE = key
    assert rotate_aged(at=A_YEAR_ON) == 1
