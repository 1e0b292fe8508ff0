"""The verbs for routes, where REST does not show it: `tests/webhooks/api/test_routes.py`."""

from typing import Any

import pytest

from accounts.caller import System
from accounts.errors import Conflict, Invalid
from accounts.models import Tenant
from accounts.tenancy import within
from tests.catalogue import Register
from webhooks.errors import RouteNotFound
from webhooks.models import WebhookRoute
from webhooks.routes import create
from webhooks.routes.change import change_route
from webhooks.routes.create import create_route
from webhooks.routes.remove import remove_route

pytestmark = pytest.mark.django_db

BY = System("tests")


@pytest.fixture(autouse=True)
def tool(register: Register) -> None:
    register()


def made(tenant: Tenant, slug: str = "to-crm", **facts: Any) -> WebhookRoute:
    with within(tenant.id):
        return create_route(tenant=tenant, by=BY, facts={"slug": slug, "tool": "crm-find", **facts})


def test_a_tenant_has_only_so_many(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "MOST_ROUTES", 1)
    made(acme)
    with pytest.raises(Conflict, match="There are 1 routes already"):
        made(acme, "another")
    with within(acme.id):
        assert WebhookRoute.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "path"), [({}, "$.slug"), ({"slug": "a", "colour": "red"}, "$.colour"), ({"slug": "a"}, "$.tool")]
)
def test_it_names_what_is_missing_or_unknown(acme: Tenant, facts: dict[str, Any], path: str) -> None:
    with within(acme.id), pytest.raises(Invalid) as refused:
        create_route(tenant=acme, by=BY, facts=facts)
    assert [fault.path for fault in refused.value.faults] == [path]


def test_types_are_a_list(acme: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        made(acme, event_types="invoice.*")
    assert [fault.path for fault in refused.value.faults] == ["$.event_types"]


def test_what_was_removed_meanwhile_is_not_found(acme: Tenant) -> None:
    route = made(acme)
    with within(acme.id):
        remove_route(route=route, by=BY)
        with pytest.raises(RouteNotFound):
            change_route(route=route, by=BY, changes={"enabled": False})
        with pytest.raises(RouteNotFound):
            remove_route(route=route, by=BY)
