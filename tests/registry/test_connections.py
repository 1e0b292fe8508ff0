"""Which connection a call goes out with, through the whole corridor."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import platform, within
from accounts.tenants import bump_generation
from integrations.models import Connection, ImportedConnector
from integrations.models.connection import ConnectionState
from registry.bind import bind_connection
from registry.catalogue import find_tool
from registry.models import Tool
from registry.models.execution import Status
from registry.register import register_tool
from tests.cast import CASTING
from tests.catalogue import FIND_CONTACT, Register, manager_of
from tests.connections import SECRET, Connect, make_connector
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

DEFINITION = {"connector": "parcels", "method": "GET", "url": "/contacts", "query": {"account": "account"}}


@pytest.fixture
def find(register: Register) -> Tool:
    return register(definition=DEFINITION, read_only=True)


def refusal(corridor: Corridor, **more: Any) -> tuple[str, str]:
    outcome = corridor.call("crm-find", {"account": 7}, **more)
    assert outcome.status == Status.REFUSED
    assert outcome.error is not None
    return outcome.error["code"], outcome.error["detail"]


def used(tenant: Tenant, corridor: Corridor, tool: str = "crm-find", **more: Any) -> Any:
    """The slug of the connection that a call went out with."""
    outcome = corridor.call(tool, {"account": 7}, **more)
    assert outcome.status == Status.SUCCEEDED, outcome.error
    connection_id = stored(tenant, outcome).connection_id
    assert connection_id is not None
    with within(tenant.id):
        return Connection.objects.get(id=connection_id).slug


def change(tenant: Tenant, connection: Connection, **facts: Any) -> None:
    with within(tenant.id):
        Connection.objects.filter(id=connection.id).update(**facts)
        bump_generation(tenant.id)


@pytest.mark.usefixtures("find")
def test_it_goes_out_with_the_only_connection(
    acme: Tenant, corridor: Corridor, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels(slug="only")
    assert used(acme, corridor) == "only"
    [received] = upstream.received
    assert (received.path, received.headers["Authorization"]) == ("/api/contacts?account=7", f"Bearer {SECRET}")


@pytest.mark.usefixtures("find")
def test_it_goes_out_with_the_default_of_several(acme: Tenant, corridor: Corridor, connect_parcels: Connect) -> None:
    connect_parcels(slug="first")
    connect_parcels(slug="second", is_default=True)
    assert used(acme, corridor) == "second"


@pytest.mark.usefixtures("find")
def test_it_chooses_none_of_several_by_itself(corridor: Corridor, connect_parcels: Connect, upstream: Upstream) -> None:
    connect_parcels(slug="first")
    connect_parcels(slug="second")
    code, detail = refusal(corridor)
    assert code == "connection_missing"
    assert "none is the default" in detail
    assert upstream.received == []


def test_it_goes_out_with_what_its_tool_was_given(
    acme: Tenant, corridor: Corridor, connect_parcels: Connect, find: Tool
) -> None:
    connect_parcels(slug="usual", is_default=True)
    connect_parcels(slug="special")
    with within(acme.id):
        bind_connection(tool=find, by=manager_of(acme), connection="special")
    assert used(acme, corridor) == "special"


@pytest.mark.usefixtures("find")
def test_it_goes_out_with_an_end_users_own(acme: Tenant, corridor: Corridor, connect_parcels: Connect) -> None:
    connect_parcels(slug="tenants", is_default=True)
    connect_parcels(slug="adas", end_user="ada")
    assert used(acme, corridor, end_user="ada") == "adas"
    assert used(acme, corridor) == "tenants"


@pytest.mark.usefixtures("find")
def test_it_never_takes_the_tenants_for_an_end_user(
    corridor: Corridor, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels(slug="tenants", is_default=True)
    code, detail = refusal(corridor, end_user="ada")
    assert (code, upstream.received) == ("connection_missing", [])
    assert detail.startswith("This end user has not connected Parcels yet.")


@pytest.mark.usefixtures("find")
def test_it_knows_no_end_users_where_the_connector_does_not(
    acme: Tenant, corridor: Corridor, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels()
    make_connector(acme, upstream.url, per_user=False)
    outcome = corridor.call("crm-find", {"account": 7}, end_user="ada")
    assert outcome.error is not None
    assert outcome.error["errors"] == [
        {"path": "$.end_user", "message": "End users have no connections of their own with Parcels. Leave this out."}
    ]
    assert upstream.received == []


def test_it_refuses_an_end_user_of_a_tool_without_a_connector(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    outcome = corridor.call("crm-find", {"account": 7}, end_user="ada")
    assert outcome.error is not None
    assert (outcome.error["code"], upstream.received) == ("invalid_input", [])
    assert outcome.error["errors"] == [
        {"path": "$.end_user", "message": "`crm-find` goes out with nobody's connection. Leave this out."}
    ]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ConnectionState.PENDING, "connection_missing"),
        (ConnectionState.EXPIRED, "connection_expired"),
        (ConnectionState.DISCONNECTED, "connection_missing"),
    ],
)
@pytest.mark.usefixtures("find")
def test_it_goes_out_with_an_active_one_only(
    state: str, code: str, acme: Tenant, corridor: Corridor, connect_parcels: Connect, upstream: Upstream
) -> None:
    change(acme, connect_parcels(), state=state)
    assert refusal(corridor)[0] == code
    assert upstream.received == []


def test_it_says_that_what_its_tool_was_given_is_gone(
    acme: Tenant, corridor: Corridor, connect_parcels: Connect, find: Tool
) -> None:
    connect_parcels(slug="usual", is_default=True)
    special = connect_parcels(slug="special")
    with within(acme.id):
        bind_connection(tool=find, by=manager_of(acme), connection="special")
    change(acme, special, state=ConnectionState.DISCONNECTED)
    code, detail = refusal(corridor)
    assert code == "connection_missing"
    assert "Parcels" in detail


@pytest.mark.usefixtures("find")
def test_it_says_that_its_connector_is_gone(acme: Tenant, corridor: Corridor, connect_parcels: Connect) -> None:
    connect_parcels()
    with within(acme.id):
        ImportedConnector.objects.all().delete()
        bump_generation(acme.id)
    code, detail = refusal(corridor)
    assert code == "connection_missing"
    assert detail.startswith(
        "The tool `crm-find` goes out through the connector `parcels`, which is not there any more."
    )


def test_it_names_the_scopes_that_lack(
    acme: Tenant, corridor: Corridor, connect_parcels: Connect, register: Register, upstream: Upstream
) -> None:
    register(definition={**DEFINITION, "scopes": ["read", "write"]})
    change(acme, connect_parcels(slug="narrow"), scopes=["read"])
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["scopes"]) == ("connection_missing", ["write"])
    assert outcome.error["detail"].startswith("The connection `narrow` was not granted what `crm-find` needs: write.")
    assert upstream.received == []


def test_it_trusts_a_connection_whose_scopes_nobody_knows(
    acme: Tenant, corridor: Corridor, connect_parcels: Connect, register: Register
) -> None:
    register(definition={**DEFINITION, "scopes": ["read"]})
    connect_parcels(slug="unknown")
    assert used(acme, corridor) == "unknown"


def test_a_shared_tool_goes_out_with_each_tenants_own(
    acme: Tenant,
    globex: Tenant,
    corridor: Corridor,
    spy_corridor: Corridor,
    connect_parcels: Connect,
    upstream: Upstream,
) -> None:
    with platform():
        register_tool(by=CASTING, spec={**FIND_CONTACT, "slug": "shared", "definition": DEFINITION}, shared=True)
    connect_parcels(slug="usual", is_default=True)
    connect_parcels(slug="ours")
    with within(acme.id):
        bind_connection(tool=find_tool("shared"), by=manager_of(acme), connection="ours")
    assert used(acme, corridor, "shared") == "ours"
    outcome = spy_corridor.call("shared", {"account": 7})
    assert outcome.error is not None
    assert (outcome.error["code"], len(upstream.received)) == ("connection_missing", 1)
    make_connector(globex, upstream.url)
    connect_parcels(tenant=globex, slug="theirs")
    assert used(globex, spy_corridor, "shared") == "theirs"
