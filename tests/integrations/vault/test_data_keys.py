import pytest
from django.db import IntegrityError, transaction

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.errors import SealBroken, VaultErased
from integrations.models import DataKey
from integrations.vault import open_sealed, seal
from integrations.vault.data_keys import add_version, destroy_versions
from integrations.vault.memory import in_memory

commits = pytest.mark.django_db(transaction=True)


def seal_for(tenant: Tenant) -> bytes:
    with within(tenant.id):
        return seal(tenant_id=tenant.id, purpose="p", field="f", plaintext=b"secret")


def open_for(tenant: Tenant, sealed: bytes) -> bytes:
    with within(tenant.id):
        return open_sealed(tenant_id=tenant.id, purpose="p", field="f", sealed=sealed)


def version_of(sealed: bytes) -> int:
    return int.from_bytes(sealed[1:5], "big")


def test_the_newest_version_seals_and_older_ones_open(acme: Tenant) -> None:
    old = seal_for(acme)
    with within(acme.id):
        add_version(acme.id, 2)
    new = seal_for(acme)
    assert (version_of(old), version_of(new)) == (1, 2)
    assert (open_for(acme, old), open_for(acme, new)) == (b"secret", b"secret")


def test_what_a_destroyed_version_has_sealed_opens_no_more(acme: Tenant) -> None:
    old = seal_for(acme)
    with within(acme.id):
        add_version(acme.id, 2)
        new = seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"secret")
        assert destroy_versions(acme.id, below=2) == [1]
        assert bytes(DataKey.objects.get(version=1).wrapped) == b""
    with pytest.raises(SealBroken):
        open_for(acme, old)
    assert open_for(acme, new) == b"secret"


def test_nothing_is_sealed_once_all_are_destroyed(acme: Tenant) -> None:
    old = seal_for(acme)
    with within(acme.id):
        assert destroy_versions(acme.id) == [1]
        assert destroy_versions(acme.id) == []
    with pytest.raises(VaultErased) as caught:
        seal_for(acme)
    assert (caught.value.status, caught.value.code) == (409, "conflict")
    with pytest.raises(SealBroken):
        open_for(acme, old)
    with within(acme.id):
        assert DataKey.objects.count() == 1


@commits
def test_a_destroyed_version_is_forgotten_by_whoever_destroyed_it(acme: Tenant) -> None:
    old = seal_for(acme)
    open_for(acme, old)
    with within(acme.id):
        destroy_versions(acme.id)
    assert len(in_memory) == 0


def test_a_destroyed_key_is_destroyed_whole(acme: Tenant) -> None:
    seal_for(acme)
    with within(acme.id):
        destroyed = DataKey.objects.get().created_at
        with pytest.raises(IntegrityError, match="data_key_destroyed_whole"), transaction.atomic():
            DataKey.objects.update(destroyed_at=destroyed)
