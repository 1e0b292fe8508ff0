from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import Tool, ToolVersion
from tests.accounts.api.problems import refusal, refused_fields
from tests.cast import make_agent, make_key
from tests.connections import ACTIONS, Connect, make_connector
from tests.doors import Api

pytestmark = pytest.mark.django_db

INSTALL = "connectors/parcels/install/"


@pytest.fixture(autouse=True)
def parcels(acme: Tenant) -> None:
    make_connector(acme, "https://parcels.example")


def tools(tenant: Tenant) -> dict[str, list[str]]:
    with within(tenant.id):
        rows = ToolVersion.objects.order_by("id").values_list("tool__slug", "version")
        return {slug: [version for name, version in rows if name == slug] for slug, _ in rows}


def done(answer: Any) -> dict[str, tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return {each["tool"]: (each["change"], each["version"]) for each in answer.json()["actions"]}


def test_it_says_what_it_would_do(api: Api, acme: Tenant) -> None:
    answer = api.post(INSTALL, {"actions": ["find", "send"], "dry_run": True})
    assert done(answer) == {"parcels-find": ("new", "1.0.0"), "parcels-send": ("new", "1.0.0")}
    plan = answer.json()
    assert (plan["dry_run"], plan["counts"]) == (True, {"new": 2})
    assert plan["tokens"] == sum(each["tokens"] for each in plan["actions"]) > 20
    assert tools(acme) == {}


def test_it_makes_tools_of_actions(api: Api, acme: Tenant, connect_parcels: Connect) -> None:
    connect_parcels(slug="ours")
    answer = api.post(INSTALL, {"actions": ["find"], "connection": "ours", "prefix": "our"})
    assert done(answer) == {"our-parcels-find": ("new", "1.0.0")}
    told = api.get("tools/our-parcels-find/").json()
    assert (told["connector"], told["connection"], told["read_only"]) == ("parcels", "ours", True)


def test_it_brings_what_is_there_up_to_date(api: Api, acme: Tenant) -> None:
    api.post(INSTALL, {"actions": ["find"]})
    taken = {"description": "Find it.", "call": "GET /parcels/{id}", "parameters": {"id": {"type": "string"}}}
    make_connector(acme, "https://parcels.example", actions={**ACTIONS, "find": taken})
    planned = api.post(INSTALL, {"dry_run": True}).json()
    (find,) = planned["actions"]
    assert (find["change"], find["version"]) == ("major", "2.0.0")
    assert find["breaks"][0]["path"].startswith("$.")
    assert done(api.post(INSTALL, {})) == {"parcels-find": ("major", "2.0.0")}
    assert tools(acme) == {"parcels-find": ["1.0.0", "2.0.0"]}
    assert done(api.post(INSTALL, {})) == {"parcels-find": ("unchanged", "2.0.0")}


def test_it_deprecates_what_is_gone_when_told_so(api: Api, acme: Tenant) -> None:
    api.post(INSTALL, {"actions": ["find", "send"]})
    make_connector(acme, "https://parcels.example", actions={"find": ACTIONS["find"]})
    assert done(api.post(INSTALL, {"deprecate_gone": True}))["parcels-send"][0] == "gone"
    with within(acme.id):
        assert ToolVersion.objects.get(tool__slug="parcels-send").state == "deprecated"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"actions": ["find", "lose"]}, ["$.actions[1]"]),
        ({"actions": []}, ["$.actions"]),
        ({"actions": [5]}, ["$.actions[0]"]),
        ({"actions": ["find"], "connection": "nowhere"}, ["$.connection"]),
        ({"actions": ["find"], "prefix": "No Prefix"}, ["$.prefix"]),
        ({"actions": ["find"], "tools": []}, ["$.tools"]),
    ],
    ids=str,
)
def test_it_names_what_is_wrong(api: Api, acme: Tenant, body: dict[str, Any], fields: list[str]) -> None:
    assert refused_fields(api.post(INSTALL, body)) == fields
    assert tools(acme) == {}


def test_it_does_all_or_nothing(api: Api, acme: Tenant) -> None:
    api.post(INSTALL, {"actions": ["send"]})
    with within(acme.id):
        Tool.objects.update(metadata={})  # somebody else's tool by now
    assert refusal(api.post(INSTALL, {"actions": ["find", "send"]}))[:2] == (409, "conflict")
    assert tools(acme) == {"parcels-send": ["1.0.0"]}


def test_it_needs_the_right_to_the_catalogue(acme: Tenant) -> None:
    viewer = Api(make_key(make_agent(acme, "reader", Role.VIEWER)))
    assert refusal(viewer.post(INSTALL, {"actions": ["find"]}))[:2] == (403, "forbidden")
    assert tools(acme) == {}


def test_it_installs_nothing_of_another_tenant(spy_api: Api, acme: Tenant, globex: Tenant) -> None:
    assert refusal(spy_api.post(INSTALL, {"actions": ["find"]}))[0] == 404
    assert tools(acme) == tools(globex) == {}
