from typing import Any

import pytest

from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.format import shelf
from integrations.importing.begin import begin_import
from integrations.models import ImportedConnector
from registry.install import install_actions
from tests.accounts.api.problems import refusal
from tests.cast import make_agent, make_key
from tests.catalogue import manager_of
from tests.connections import Connect, make_connector
from tests.doors import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward_api(acme: Tenant) -> Api:
    return Api(make_key(make_agent(acme, "steward", Role.ADMIN)))


@pytest.fixture(autouse=True)
def parcels(acme: Tenant) -> ImportedConnector:
    return make_connector(acme, "https://parcels.example")


def installed(tenant: Tenant, *actions: str, prefix: str = "") -> None:
    with within(tenant.id):
        connector = shelf.connector("parcels", tenant_id=tenant.id)
        assert connector is not None
        install_actions(by=manager_of(tenant), connector=connector, actions=actions, prefix=prefix)


def actions(api: Api, query: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    return {each["slug"]: each for each in api.get("connectors/parcels/actions/", query).json()["results"]}


def is_there(tenant: Tenant) -> bool:
    with within(tenant.id):
        return ImportedConnector.objects.filter(slug="parcels").exists()


def test_it_tells_how_a_service_is_connected(api: Api) -> None:
    told = api.get("connectors/parcels/").json()
    assert (told["name"], told["base_url"], told["has_check"]) == ("Parcels", "https://parcels.example/api", True)
    ways = {each["name"]: each for each in told["auth"]}
    token, login = ways["token"], ways["login"]
    assert (token["name"], token["type"], token["signs_in"], token["scopes"]) == ("token", "bearer", False, [])
    assert token["fields"]["properties"]["token"]["writeOnly"] is True
    assert sorted(login["fields"]["required"]) == ["password", "username"]


def test_it_tells_where_people_sign_in(api: Api) -> None:
    told = api.get("connectors/slack/").json()
    way = next(each for each in told["auth"] if each["type"] == "oauth2")
    assert way["signs_in"] is True
    assert {scope["name"] for scope in way["scopes"] if scope["is_default"]} <= {s["name"] for s in way["scopes"]}
    assert "authorize_url" not in str(told)


def test_it_tells_what_is_to_be_filled_in(api: Api) -> None:
    (variable,) = [each for each in api.get("connectors/zendesk/").json()["variables"] if not each["kept"]]
    assert sorted(variable) == ["default", "description", "example", "kept", "name", "pattern", "title"]


def test_it_tells_what_an_action_takes_and_costs(api: Api, acme: Tenant) -> None:
    installed(acme, "find")
    installed(acme, "find", prefix="second")
    told = actions(api)
    assert list(told) == ["find", "send"]
    assert told["find"]["tools"] == ["parcels-find", "second-parcels-find"]
    assert told["find"]["tokens"] > 10
    assert told["find"]["input_schema"]["properties"]["id"]["type"] == "integer"
    assert (told["send"]["read_only"], told["send"]["tools"]) == (False, [])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "PARCEL find"}, ["find"]),
        ({"read_only": "false"}, ["send"]),
        ({"installed": "true"}, ["find"]),
        ({"installed": "false"}, ["send"]),
        ({"limit": "1"}, ["find"]),
        ({"cursor": "1"}, ["send"]),
    ],
)
def test_it_narrows_the_actions(api: Api, acme: Tenant, query: dict[str, str], found: list[str]) -> None:
    installed(acme, "find")
    assert list(actions(api, query)) == found


@pytest.mark.parametrize("path", ["", "actions/"])
def test_it_finds_no_connector_of_another_tenant(spy_api: Api, path: str) -> None:
    assert refusal(spy_api.get(f"connectors/parcels/{path}"))[:2] == (404, "not_found")


def test_it_removes_an_imported_one(steward_api: Api, acme: Tenant) -> None:
    assert steward_api.delete("connectors/parcels/").status_code == 204
    assert refusal(steward_api.get("connectors/parcels/"))[0] == 404
    with within(acme.id):
        entry = AuditEntry.objects.get(action="imported_connector.removed")
        assert entry.detail == {"connector": "parcels", "revision": 1}


def test_it_keeps_one_that_tools_stand_on(steward_api: Api, acme: Tenant) -> None:
    installed(acme, "find")
    answer = steward_api.delete("connectors/parcels/")
    assert refusal(answer)[:2] == (409, "conflict")
    assert "`parcels-find`. Retire them first." in answer.text
    assert is_there(acme)
    steward_api.delete("tools/parcels-find/")
    assert steward_api.delete("connectors/parcels/").status_code == 204


def test_it_keeps_one_that_is_connected(steward_api: Api, acme: Tenant, connect_parcels: Connect) -> None:
    connect_parcels(slug="ours")
    answer = steward_api.delete("connectors/parcels/")
    assert (refusal(answer)[1], "`ours`. Disconnect" in answer.text, is_there(acme)) == ("conflict", True, True)


def test_it_keeps_one_that_is_being_imported(steward_api: Api, acme: Tenant) -> None:
    with within(acme.id):
        begin_import(by=manager_of(acme), slug="parcels", origin="https://parcels.example/openapi.json")
    assert refusal(steward_api.delete("connectors/parcels/"))[:2] == (409, "conflict")
    assert is_there(acme)


def test_it_names_ten_of_many(steward_api: Api, acme: Tenant) -> None:
    for number in range(11):
        installed(acme, "find", prefix=f"p{number:02}")
    assert "`p09-parcels-find` and more." in steward_api.delete("connectors/parcels/").text


def test_it_removes_none_that_came_with_the_product(steward_api: Api) -> None:
    assert refusal(steward_api.delete("connectors/slack/"))[0] == 404
    assert steward_api.get("connectors/slack/").status_code == 200


def test_it_needs_the_right_to_credentials(api: Api, acme: Tenant) -> None:
    assert refusal(api.delete("connectors/parcels/"))[:2] == (403, "forbidden")
    assert is_there(acme)
