from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.caller import Caller
from accounts.errors import Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from integrations.format import shelf
from integrations.format.read import read_connector
from integrations.format.types import Connector
from integrations.models import Connection
from integrations.models.connection import ConnectionState
from registry.errors import SlugTaken
from registry.install import install_actions, plan_install
from registry.installing.types import Change, Installed, Plan
from registry.models import Tool, ToolHealth, ToolVersion
from registry.models.version import VersionState
from tests.cast import CASTING
from tests.catalogue import Register, manager_of

pytestmark = pytest.mark.django_db

CONNECTOR: dict[str, Any] = {
    "name": "Parcels",
    "category": "commerce",
    "description": "Parcels and where they are.",
    "base_url": "https://api.parcels.example/v1",
    "auth": {"key": {"type": "api_key", "name": "X-Api-Key"}},
    "check": {"call": "/me"},
    "rate_limit": {"per_minute": 50},
    "retries": {"attempts": 3},
    "pagination": {"style": "cursor", "request": "cursor", "response": "next"},
}
FIND: dict[str, Any] = {
    "description": "Find a parcel.",
    "call": "GET /parcels/{id}",
    "parameters": {"id": {"type": "integer"}},
    "output": {"type": "object", "properties": {"id": {"type": "integer"}}},
    "tags": ["parcels"],
}
SEND: dict[str, Any] = {"description": "Send one.", "call": "POST /parcels", "parameters": {"to": {"type": "string"}}}
DROP: dict[str, Any] = {"description": "Drop one.", "call": "DELETE /parcels/{id}", "parameters": {"id": {}}}
ACTIONS = {"find": FIND, "send": SEND, "drop": DROP}


def parcels(actions: dict[str, Any] | None = None, **changes: Any) -> Connector:
    return read_connector("parcels", {**CONNECTOR, **changes}, actions or ACTIONS)


def install(tenant: Tenant, connector: Connector | None = None, **more: Any) -> Installed:
    connector = connector or parcels()
    actions = more.pop("actions", [action.slug for action in connector.actions])
    with within(tenant.id):
        return install_actions(by=manager_of(tenant), connector=connector, actions=actions, **more)


def plan(tenant: Tenant, connector: Connector, **more: Any) -> Plan:
    with within(tenant.id):
        return plan_install(connector=connector, actions=[action.slug for action in connector.actions], **more)


def changes(plan: Plan) -> dict[str, tuple[str, str]]:
    return {planned.action: (planned.change.value, planned.version) for planned in plan.actions}


def tool(tenant: Tenant, slug: str) -> Tool:
    with within(tenant.id):
        return Tool.objects.get(slug=slug)


def versions(tenant: Tenant, slug: str) -> list[str]:
    with within(tenant.id):
        return list(ToolVersion.objects.filter(tool__slug=slug).order_by("id").values_list("version", flat=True))


def audited(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        about = AuditEntry.objects.filter(action__regex="^(tool|version)[.]")
        return list(about.order_by("id").values_list("action", flat=True))


def test_each_action_becomes_a_tool(acme: Tenant) -> None:
    installed = install(acme)
    assert [(each.slug, each.change, each.version) for each in installed.actions] == [
        ("parcels-find", Change.NEW, "1.0.0"),
        ("parcels-send", Change.NEW, "1.0.0"),
        ("parcels-drop", Change.NEW, "1.0.0"),
    ]
    assert audited(acme) == ["tool.registered"] * 3
    with within(acme.id):
        assert ToolHealth.objects.count() == 3


def test_a_tool_says_what_its_action_says(acme: Tenant) -> None:
    install(acme)
    find = tool(acme, "parcels-find")
    assert (find.name, find.description, find.category) == ("Parcels: Find", "Find a parcel.", "commerce")
    assert (find.source, find.rate_limit) == ("platform", {"per_minute": 50})
    assert find.metadata == {
        "connector": "parcels",
        "action": "find",
        "pagination": {"style": "cursor", "request": "cursor", "response": "next"},
        "tags": ["parcels"],
    }
    with within(acme.id):
        version = find.versions.get()
    assert (version.read_only, version.idempotent, version.permissions) == (True, True, ["network"])
    assert (version.retries, version.timeout_ms) == ({"attempts": 3}, 30_000)
    assert version.definition["connector"] == "parcels"
    assert version.input_schema["required"] == ["id"]


def test_what_destroys_says_so(acme: Tenant) -> None:
    install(acme)
    with within(acme.id):
        assert tool(acme, "parcels-drop").versions.get().permissions == ["network", "destructive"]


def test_the_scopes_and_the_time_of_an_action_go_along(acme: Tenant) -> None:
    auth = {
        "oauth": {
            "type": "oauth2",
            "authorize_url": "https://a.example/",
            "token_url": "https://a.example/t",
            "scopes": {"read": "Read."},
        }
    }
    install(acme, parcels({"find": {**FIND, "scopes": ["read"], "timeout_ms": 60_000}}, auth=auth))
    with within(acme.id):
        version = tool(acme, "parcels-find").versions.get()
    assert (version.definition["scopes"], version.timeout_ms) == (["read"], 60_000)


def test_new_tools_go_out_with_the_connection(acme: Tenant) -> None:
    with within(acme.id):
        ours = Connection.objects.create(
            tenant=acme, slug="ours", name="Ours", connector="parcels", auth="key", state=ConnectionState.ACTIVE
        )
    install(acme, connection=ours.id)
    assert tool(acme, "parcels-find").connection_id == ours.id


@pytest.mark.parametrize("facts", [{"connector": "mail"}, {"end_user": "ada"}, {"state": "disconnected"}])
def test_it_refuses_a_connection_that_is_none_of_the_tenants_with_it(facts: dict[str, Any], acme: Tenant) -> None:
    with within(acme.id):
        row = {"name": "x", "connector": "parcels", "auth": "key", "state": "active", **facts}
        other = Connection.objects.create(tenant=acme, slug="other", **row)
    with pytest.raises(Invalid) as refused:
        install(acme, connection=other.id)
    assert [fault.path for fault in refused.value.faults] == ["$.connection"]
    with within(acme.id):
        assert not Tool.objects.exists()


def test_installing_again_changes_nothing(acme: Tenant) -> None:
    first = install(acme)
    before = audited(acme)
    again = install(acme)
    assert {each.change for each in again.actions} == {Change.UNCHANGED}
    assert [each.tool_id for each in again.actions] == [each.tool_id for each in first.actions]
    assert (audited(acme), versions(acme, "parcels-find")) == (before, ["1.0.0"])


@pytest.mark.parametrize(
    ("find", "change", "version"),
    [
        ({"cache_seconds": 60}, "patch", "1.0.1"),
        ({"parameters": {"id": {"type": "integer", "description": "Its number."}}}, "patch", "1.0.1"),
        ({"parameters": {"id": {"type": "integer"}, "full": {"type": "boolean"}}}, "minor", "1.1.0"),
        ({"parameters": {"id": {"type": ["integer", "string"]}}}, "minor", "1.1.0"),
        ({"response": "parcel"}, "minor", "1.1.0"),
        ({"parameters": {"id": {"type": "string"}}}, "major", "2.0.0"),
        ({"parameters": {"id": {"type": "integer"}, "by": {"type": "string", "required": True}}}, "major", "2.0.0"),
        ({"output": {"type": "object", "properties": {"id": {"type": "string"}}}}, "major", "2.0.0"),
    ],
)
def test_what_changed_is_published_by_what_callers_rely_on(
    find: dict[str, Any], change: str, version: str, acme: Tenant
) -> None:
    install(acme)
    changed = parcels({**ACTIONS, "find": {**FIND, **find}})
    foreseen = plan(acme, changed)
    assert versions(acme, "parcels-find") == ["1.0.0"]
    assert changes(install(acme, changed)) == changes(foreseen)
    assert changes(foreseen) == {
        "find": (change, version),
        "send": ("unchanged", "1.0.0"),
        "drop": ("unchanged", "1.0.0"),
    }
    assert versions(acme, "parcels-find") == ["1.0.0", version]
    assert bool(foreseen.actions[0].breaks) is (change == "major")
    assert audited(acme)[3:] == ["version.published"]


def test_what_is_only_said_otherwise_publishes_nothing(acme: Tenant) -> None:
    install(acme)
    retold = install(acme, parcels({**ACTIONS, "find": {**FIND, "description": "Find one."}}))
    assert changes(retold)["find"] == ("retold", "1.0.0")
    assert (tool(acme, "parcels-find").description, versions(acme, "parcels-find")) == ("Find one.", ["1.0.0"])
    assert audited(acme)[3:] == ["tool.changed"]


def test_what_is_its_admins_stays(acme: Tenant) -> None:
    install(acme)
    with within(acme.id):
        Tool.objects.filter(slug="parcels-find").update(
            rate_limit={"per_minute": 5}, enabled=False, metadata={"connector": "parcels", "action": "find", "team": 7}
        )
    install(acme, parcels({**ACTIONS, "find": {**FIND, "tags": ["new"]}}))
    find = tool(acme, "parcels-find")
    assert (find.rate_limit, find.enabled) == ({"per_minute": 5}, False)
    assert (find.metadata["team"], find.metadata["tags"]) == (7, ["new"])


def test_it_tells_what_is_gone_and_leaves_it(acme: Tenant) -> None:
    install(acme)
    left = install(acme, parcels({"find": FIND}))
    assert changes(left)["send"] == ("gone", "1.0.0")
    with within(acme.id):
        assert tool(acme, "parcels-send").versions.get().state == VersionState.PUBLISHED


def test_it_deprecates_what_is_gone_on_wish(acme: Tenant) -> None:
    install(acme)
    install(acme, parcels({"find": FIND}), deprecate_gone=True)
    with within(acme.id):
        states = dict(ToolVersion.objects.values_list("tool__slug", "state"))
    assert states == {"parcels-find": "published", "parcels-send": "deprecated", "parcels-drop": "deprecated"}
    assert audited(acme)[3:] == ["version.deprecated"] * 2


@pytest.mark.parametrize("state", [VersionState.DEPRECATED, VersionState.RETIRED])
def test_what_was_taken_back_is_published_again(state: VersionState, acme: Tenant) -> None:
    install(acme)
    with within(acme.id):
        ToolVersion.objects.filter(tool__slug="parcels-find").update(state=state)
    assert changes(install(acme))["find"] == ("patch", "1.0.1")
    assert versions(acme, "parcels-find") == ["1.0.0", "1.0.1"]


@pytest.mark.parametrize("metadata", [{}, {"action": 7}, {"action": ["find"]}, {"action": {}, "prefix": []}])
def test_a_tool_of_an_admins_own_is_none_of_the_connectors(
    metadata: dict[str, Any], acme: Tenant, register: Register
) -> None:
    own = register(slug="own", metadata={"connector": "parcels", **metadata})
    assert "own" not in [each.slug for each in install(acme, deprecate_gone=True).actions]
    with within(acme.id):
        assert own.versions.get().state == VersionState.PUBLISHED


def test_what_was_not_chosen_is_not_gone(acme: Tenant) -> None:
    install(acme)
    assert changes(install(acme, actions=["find"])) == {"find": ("unchanged", "1.0.0")}


def test_a_prefix_makes_the_same_tools_once_more(acme: Tenant) -> None:
    install(acme)
    second = install(acme, prefix="eu")
    assert [each.slug for each in second.actions] == ["eu-parcels-find", "eu-parcels-send", "eu-parcels-drop"]
    assert {each.change for each in install(acme, prefix="eu").actions} == {Change.UNCHANGED}


@pytest.mark.parametrize("prefix", ["EU", "a b", "-a", "a" * 21, "a/"])
def test_it_refuses_a_prefix_that_makes_no_slug(prefix: str, acme: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        install(acme, prefix=prefix)
    assert [fault.path for fault in refused.value.faults] == ["$.prefix"]


def test_it_names_actions_that_there_are_not(acme: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        install(acme, actions=["find", "fly"])
    assert [(fault.path, fault.message) for fault in refused.value.faults] == [
        ("$.actions[1]", "Parcels has no action `fly`.")
    ]


def test_it_installs_nothing_where_a_slug_is_taken(acme: Tenant, register: Register) -> None:
    register(slug="parcels-send")
    [fault] = plan(acme, parcels()).faults
    assert fault.path == "$.actions.send.slug"
    with pytest.raises(SlugTaken):
        install(acme)
    with within(acme.id):
        assert list(Tool.objects.values_list("slug", flat=True)) == ["parcels-send"]


def test_it_installs_nothing_where_an_action_cannot_be_a_tool(acme: Tenant) -> None:
    with pytest.raises(Invalid) as refused:
        install(acme, parcels(retries={"attempts": 1_000}))
    assert refused.value.faults[0].path == "$.actions.find.retries.attempts"
    with within(acme.id):
        assert not Tool.objects.exists()


def test_long_names_make_short_slugs_that_differ(acme: Tenant) -> None:
    long = read_connector("p" * 20, CONNECTOR, {"a" * 39 + "1": FIND, "a" * 39 + "2": FIND})
    slugs = [each.slug for each in install(acme, long, prefix="our-own").actions]
    assert len(set(slugs)) == 2
    assert all(len(slug) <= 64 for slug in slugs)


def test_it_tells_what_the_tools_weigh(acme: Tenant) -> None:
    planned = plan(acme, parcels())
    assert [each.tokens for each in planned.actions] == [58, 50, 51]
    assert (planned.tokens, planned.counts) == (159, {Change.NEW: 3})


def test_another_tenant_has_none_of_them(acme: Tenant, globex: Tenant) -> None:
    install(acme)
    assert changes(install(globex))["find"] == ("new", "1.0.0")
    with within(globex.id):
        assert Tool.objects.count() == 3


def test_a_viewer_installs_nothing(acme: Tenant) -> None:
    viewer = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.VIEWER)
    with within(acme.id), pytest.raises(Forbidden):
        install_actions(by=viewer, connector=parcels(), actions=["find"])
    with within(acme.id):
        assert not Tool.objects.exists()


def test_the_platform_installs_nothing(acme: Tenant) -> None:
    with platform(), pytest.raises(Invalid, match="Tools are installed for a tenant"):
        install_actions(by=CASTING, connector=parcels(), actions=["find"])


def test_a_thousand_actions_cost_a_statement_for_hundreds_of_them(acme: Tenant) -> None:
    many = parcels({f"find-{number}": FIND for number in range(1_200)})
    with CaptureQueriesContext(database) as asked:
        installed = install(acme, many)
    assert len(installed.actions) == 1_200
    writes = [query["sql"] for query in asked.captured_queries if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert len(writes) == 4 * 3 + 1
    assert {each.change for each in install(acme, many).actions} == {Change.UNCHANGED}


@pytest.mark.parametrize("slug", sorted(connector.slug for connector in shelf.shipped()))
def test_every_shipped_connector_can_be_installed(slug: str, acme: Tenant) -> None:
    shipped = shelf.connector(slug)
    assert shipped is not None
    installed = install(acme, shipped)
    assert {each.change for each in installed.actions} == {Change.NEW}
    assert {each.change for each in install(acme, shipped).actions} == {Change.UNCHANGED}
