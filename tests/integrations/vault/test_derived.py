import hashlib
import hmac

import pytest
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import platform, within
from integrations.errors import VaultErased
from integrations.models import DataKey, DerivedKey
from integrations.vault import derived
from integrations.vault.data_keys import add_version, destroy_versions, unwrapped
from integrations.vault.derived import derived_key, keep_derived_keys, register_purpose
from integrations.vault.sealing import seal


@pytest.fixture(autouse=True)
def _purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "_purposes", set())
    register_purpose("hashes")


def derive(tenant: Tenant, purpose: str = "hashes") -> bytes:
    with within(tenant.id):
        return derived_key(tenant.id, purpose)


def test_it_is_the_same_as_before_it_had_a_row(acme: Tenant) -> None:
    with within(acme.id):
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"s")
        first = unwrapped(DataKey.objects.get())
    before = hmac.digest(first, b"quartermaster derived key\0hashes", hashlib.sha256)
    assert (derive(acme), derive(acme)) == (before, before)
    with platform():
        assert DerivedKey.objects.count() == 1


def test_each_tenant_and_purpose_has_its_own(acme: Tenant, globex: Tenant) -> None:
    register_purpose("other")
    assert len({derive(acme), derive(globex), derive(acme, "other")}) == 3


def test_it_outlives_the_key_that_it_came_from(acme: Tenant) -> None:
    before = derive(acme)
    register_purpose("later")
    with within(acme.id):
        add_version(acme.id, 2)
        keep_derived_keys(acme.id)
        of_first_key = derived_key(acme.id, "later")
        _seal_anew(acme)
        assert destroy_versions(acme.id, below=2) == [1]
    assert (derive(acme), derive(acme, "later")) == (before, of_first_key)


def _seal_anew(tenant: Tenant) -> None:
    for row in DerivedKey.objects.all():
        kept = derived_key(tenant.id, row.purpose)
        row.sealed = seal(tenant_id=tenant.id, purpose=derived.SEALED_AS, field=row.purpose, plaintext=kept)
        row.save()


def test_it_keeps_what_is_missing_once(acme: Tenant) -> None:
    register_purpose("other")
    before = derive(acme)
    with within(acme.id):
        keep_derived_keys(acme.id)
        keep_derived_keys(acme.id)
        assert list(DerivedKey.objects.values_list("purpose", flat=True)) == ["hashes", "other"]
    assert derive(acme) == before


def test_it_refuses_a_purpose_that_nobody_registered(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(LookupError, match="Register the purpose `typo`"):
        derived_key(acme.id, "typo")
    with platform():
        assert DerivedKey.objects.count() == 0


def test_nothing_is_derived_for_an_erased_tenant(acme: Tenant) -> None:
    derive(acme)
    with within(acme.id):
        destroy_versions(acme.id)
        DerivedKey.objects.all().delete()
        with pytest.raises(VaultErased):
            derived_key(acme.id, "hashes")


def test_row_level_security_hides_another_tenants(acme: Tenant, globex: Tenant) -> None:
    derive(acme)
    with within(globex.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_derivedkey")
        assert cursor.fetchone() == (0,)
