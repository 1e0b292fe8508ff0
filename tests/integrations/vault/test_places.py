import pytest
from django.apps import apps
from django.db.models import BinaryField

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import DerivedKey
from integrations.vault.places import SealedPlace, every_place, following

PLACE = SealedPlace(DerivedKey, "sealed", purpose="p", field="{id}:{purpose}")
NO_PLACE = {
    "integrations.datakey.wrapped": "wrapped by the vault's key",
    "accounts.apikey.digest": "a digest",
    "accounts.auditentry.seal": "a digest",
    "accounts.audithead.seal": "a digest",
    "integrations.connectlink.browser_digest": "a digest",
    "integrations.connectlink.token_digest": "a digest",
    "integrations.connectorimport.content": "a public description",
    "integrations.oauthflow.state_digest": "a digest",
    "integrations.oauthflow.browser_digest": "a digest",
    "memory.memory.content_digest": "a digest",
    "memory.memoryerasure.ids_digest": "a digest",
    "memory.memoryimport.sealed_head": "the beginning of a file, sealed with the file's own key",
    "registry.artifact.newlines_before": "counts",
    "registry.batch.request_digest": "a digest",
    "registry.execution.request_digest": "a digest",
    "webhooks.webhookevent.dedup_key": "a digest",
    "webhooks.webhookevent.once_key": "a digest",
    "webhooks.webhookredo.request_digest": "a digest",
    "webhooks.webhooksource.token_digest": "a digest",
}
"""Columns of bytes that a rekeying has nothing to do with, and why."""


def test_every_column_of_bytes_is_a_place_or_says_why_not() -> None:
    columns = {
        f"{model._meta.label_lower}.{field.attname}"
        for model in apps.get_models()
        if not model.__module__.startswith("django")
        for field in model._meta.fields
        if isinstance(field, BinaryField)
    }
    assert columns - {place.name for place in every_place()} == NO_PLACE.keys()


def test_each_follows_another() -> None:
    names = [place.name for place in every_place()]
    walked, place = [], following("")
    while place is not None:
        walked.append(place.name)
        place = following(place.name)
    assert walked == names == sorted(names)


def test_it_knows_what_its_field_is_made_of() -> None:
    assert (PLACE.name, PLACE.made_of) == ("integrations.derivedkey.sealed", ["id", "purpose"])


@pytest.mark.parametrize(
    ("sealed", "by_1", "by_256"),
    [
        (b"", 0, 0),
        (b"\x01\x00\x00\x00\x01rest", 1, 0),
        (b"\x01\x00\x00\x00\x02rest", 0, 0),
        (b"\x01\x00\x00\x01\x00rest", 0, 1),
        (b"\x02\x00\x00\x00\x01rest", 0, 0),
    ],
)
def test_it_finds_what_a_version_has_sealed(acme: Tenant, sealed: bytes, by_1: int, by_256: int) -> None:
    with within(acme.id):
        DerivedKey.objects.create(tenant=acme, purpose="p", sealed=sealed)
        assert (PLACE.sealed_with(1).count(), PLACE.sealed_with(256).count()) == (by_1, by_256)


def test_it_finds_nothing_of_another_tenant(acme: Tenant, globex: Tenant) -> None:
    with within(acme.id):
        DerivedKey.objects.create(tenant=acme, purpose="p", sealed=b"\x01\x00\x00\x00\x01rest")
    with within(globex.id):
        assert PLACE.sealed_with(1).count() == 0
