from typing import Any

import pytest

from accounts.errors import Invalid
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform, within
from integrations.models import Connection
from integrations.models.connection import ConnectionState
from registry.bind import bind_connection
from registry.models import TenantTool, Tool
from registry.register import register_tool
from tests.cast import CASTING
from tests.catalogue import FIND_CONTACT, Register, manager_of
from tests.doors import Api

pytestmark = pytest.mark.django_db

DEFINITION = {"connector": "crm", "method": "GET", "url": "/contacts"}


def a_connection(tenant: Tenant, slug: str = "main", **facts: Any) -> Connection:
    row = {"name": slug, "connector": "crm", "auth": "token", "state": ConnectionState.ACTIVE, **facts}
    with within(tenant.id):
        return Connection.objects.create(tenant=tenant, slug=slug, **row)


@pytest.fixture
def find(register: Register) -> Tool:
    return register(definition=DEFINITION)


@pytest.fixture
def shared() -> Tool:
    with platform():
        spec = {**FIND_CONTACT, "slug": "shared", "definition": DEFINITION}
        return register_tool(by=CASTING, spec=spec, shared=True)


def bound_entries(tenant: Tenant) -> list[Any]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="tool.bound").order_by("id").values_list("detail", flat=True))


def generation(tenant: Tenant) -> int:
    with platform():
        return Tenant.objects.get(id=tenant.id).generation


def test_a_tool_is_given_a_connection_and_let_go_of_it(acme: Tenant, find: Tool, api: Api) -> None:
    connection = a_connection(acme)
    before = generation(acme)
    assert api.patch("tools/crm-find/", {"connection": "main"}).json()["connection"] == "main"
    assert generation(acme) == before + 1
    shown = api.get("tools/crm-find/").json()
    assert (shown["connector"], shown["connection"]) == ("crm", "main")
    assert api.patch("tools/crm-find/", {"connection": None}).json()["connection"] is None
    assert bound_entries(acme) == [{"connection": str(connection.id)}, {"connection": None}]


def test_nothing_happens_when_it_has_the_connection_already(acme: Tenant, find: Tool) -> None:
    a_connection(acme)
    for _ in range(2):
        with within(acme.id):
            bind_connection(tool=find, by=manager_of(acme), connection="main")
    assert len(bound_entries(acme)) == 1


def test_a_shared_tool_is_given_one_for_this_tenant_alone(
    acme: Tenant, globex: Tenant, shared: Tool, api: Api, spy_api: Api
) -> None:
    a_connection(acme)
    assert api.patch("tools/shared/", {"connection": "main"}).json()["connection"] == "main"
    assert api.patch("tools/shared/", {"connection": "main"}).status_code == 200
    assert spy_api.get("tools/shared/").json()["connection"] is None
    with within(globex.id):
        assert not TenantTool.objects.exists()
    assert len(bound_entries(acme)) == 1


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"slug": "other"}, "There is no connection with this slug."),
        ({"state": ConnectionState.DISCONNECTED}, "There is no connection with this slug."),
        ({"connector": "mail"}, "This is a connection with `mail`; the tool needs one with `crm`."),
        ({"end_user": "ada"}, "This is an end user's own connection. Give the tool one of the tenant's."),
    ],
)
def test_it_refuses_what_the_tool_cannot_go_out_with(
    facts: dict[str, Any], sentence: str, acme: Tenant, find: Tool, api: Api
) -> None:
    a_connection(acme, **facts)
    answer = api.patch("tools/crm-find/", {"connection": "main"})
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"path": "$.connection", "message": sentence}])
    assert api.get("tools/crm-find/").json()["connection"] is None
    assert bound_entries(acme) == []


def test_it_does_not_know_another_tenants(acme: Tenant, globex: Tenant, find: Tool, api: Api) -> None:
    a_connection(globex)
    assert api.patch("tools/crm-find/", {"connection": "main"}).status_code == 422


def test_it_gives_none_to_a_tool_without_a_connector(acme: Tenant, register: Register, api: Api) -> None:
    a_connection(acme)
    register()
    [fault] = api.patch("tools/crm-find/", {"connection": "main"}).json()["errors"]
    assert fault["message"] == "This tool has no connector, so it goes out with no connection. Leave this out."


def test_a_tool_is_registered_with_its_connection(acme: Tenant, register: Register) -> None:
    connection = a_connection(acme)
    assert register(definition=DEFINITION, connection="main").connection_id == connection.id


def test_a_tool_is_not_registered_with_what_it_cannot_go_out_with(acme: Tenant, register: Register) -> None:
    with pytest.raises(Invalid):
        register(definition=DEFINITION, connection="nobody")
    with within(acme.id):
        assert not Tool.objects.exists()


def test_a_shared_tool_has_no_connection_by_itself(acme: Tenant, shared: Tool) -> None:
    a_connection(acme)
    with platform(), pytest.raises(Invalid, match="A connection is a tenant's"):
        bind_connection(tool=shared, by=CASTING, connection="main")
    spec = {**FIND_CONTACT, "slug": "another", "definition": DEFINITION, "connection": "main"}
    with platform(), pytest.raises(Invalid, match="A connection is a tenant's"):
        register_tool(by=CASTING, spec=spec, shared=True)


def test_tools_are_found_by_their_connector(find: Tool, register: Register, api: Api) -> None:
    register(slug="plain")
    register(slug="other", definition={**DEFINITION, "connector": "mail"})
    found = api.get("tools/", {"connector": "crm"}).json()["results"]
    assert [tool["slug"] for tool in found] == ["crm-find"]
