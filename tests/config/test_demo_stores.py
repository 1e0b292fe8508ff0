"""The demo's make-believe service, and the connector that the first tenant has for it."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import platform, within
from config.demo_connector import KEY, SLUG, document
from config.demo_stores import ITEMS, answer
from config.seed import SEED, seed
from integrations.connections.connect import connect
from integrations.errors import CredentialRefused
from integrations.format import shelf
from integrations.format.read import read_connector
from tests.config.test_demo_upstream import ask, port

__all__ = ["port"]


def test_it_wants_the_key(port: int) -> None:
    status, told = ask(port, "GET", "/stores/items", None, **{"X-Api-Key": "wrong"})
    assert (status, told) == (401, {"error": "This key is not known. The demo takes the key let-me-in."})
    assert ask(port, "GET", "/stores/whoami", None, **{"X-Api-Key": KEY}) == (200, {"name": "the demo's quartermaster"})


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "items", b"", {"items": [{"item": "rope", "amount": 36}]}),
        ("POST", "items/rope/orders", b'{"amount": 5}', {"item": "rope", "ordered": 5}),
        ("DELETE", "items/rope", b"", {"item": "rope", "discarded": 36}),
    ],
)
def test_it_answers_what_its_connector_asks(method: str, path: str, body: bytes, told: dict[str, Any]) -> None:
    assert answer(method, path, {"contains": ["ROPE"]}, KEY, body) == (200, told)


@pytest.mark.parametrize("body", [b"not json", b"[]", b"[" * 200_000])
def test_it_bears_bodies_that_make_no_sense(body: bytes) -> None:
    assert answer("POST", "items/rope/orders", {}, KEY, body) == (200, {"item": "rope", "ordered": None})


@pytest.mark.parametrize("path", ["items/gold", "nothing", ""])
def test_it_says_what_there_is(path: str) -> None:
    status, told = answer("DELETE", path, {}, KEY, b"")
    assert (status, "There are: " in told["error"] or "know /whoami" in told["error"]) == (404, True)


def test_its_connector_is_a_good_one() -> None:
    written = document("http://127.0.0.1:9000")
    read = read_connector(SLUG, written["connector"], written["actions"], source="yaml")
    assert [(each.slug, each.read_only, each.destructive) for each in read.actions] == [
        ("list-items", True, False),
        ("order-item", False, False),
        ("discard-item", False, True),
    ]
    assert "rope" in ITEMS


@pytest.mark.django_db
def test_the_first_tenant_has_it() -> None:
    seed(demo_upstream="http://127.0.0.1:9000")
    with platform():
        tenant = Tenant.objects.get(slug="demo")
    with within(tenant.id):
        found = shelf.connector(SLUG, tenant_id=tenant.id)
    assert found is not None
    assert found.base_url == "http://127.0.0.1:9000/stores"


@pytest.mark.django_db
def test_it_is_connected_with_its_key(port: int, settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{port}"]
    seed(demo_upstream=f"http://127.0.0.1:{port}")
    with platform():
        tenant = Tenant.objects.get(slug="demo")
    with within(tenant.id):
        found = shelf.connector(SLUG, tenant_id=tenant.id)
    assert found is not None
    with pytest.raises(CredentialRefused, match=r"This key is not known\."):
        connect(tenant_id=tenant.id, by=SEED, connector=found, auth="key", values={"key": "wrong"})
    made = connect(tenant_id=tenant.id, by=SEED, connector=found, auth="key", values={"key": KEY})
    assert (made.slug, made.account) == ("demo", "the demo's quartermaster")
