import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import ImportedConnector

pytestmark = pytest.mark.django_db


def test_it_keeps_the_order_of_keys(acme: Tenant) -> None:
    document = {"connector": {"auth": {"token": {"z": 1, "a": "é"}, "key": {}}}, "actions": {"long-name": {}, "b": {}}}
    with within(acme.id):
        ImportedConnector.objects.create(tenant=acme, slug="parcels", document=document, source="yaml")
        kept = ImportedConnector.objects.get(slug="parcels").document
    assert kept == document
    assert [list(kept["connector"]["auth"]), list(kept["actions"])] == [["token", "key"], ["long-name", "b"]]
