"""What would become of a call: told, and nothing done."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import BreakerHold, Execution, PermissionRule
from registry.permissions.rules import make_rule
from tests.cast import make_agent, make_key
from tests.catalogue import Register, manager_of
from tests.doors import Api
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db

CALL: dict[str, Any] = {"tool": "crm-find", "input": {"account": 7}}


@pytest.fixture
def admin_api(acme: Tenant, api: Api) -> Api:
    return api.as_(make_key(make_agent(acme, "chief", Role.ADMIN)))


def rule(tenant: Tenant, effect: str, name: str, **facts: Any) -> PermissionRule:
    with within(tenant.id):
        return make_rule(tenant_id=tenant.id, by=manager_of(tenant), facts={"name": name, "effect": effect, **facts})


def told(api: Api, **more: Any) -> dict[str, Any]:
    answer = api.post("executions/explain/", CALL | more)
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def test_it_tells_of_a_call_that_nothing_speaks_against(register: Register, api: Api) -> None:
    register(cache_seconds=60, read_only=True)
    assert told(api, tool="crm-find@^1") == {
        "tool": "crm-find",
        "version": "1.0.0",
        "connection": None,
        "mode": "sync",
        "agent": "scout",
        "decision": "allow",
        "reason": "no rule matches, and the default of the tenant allows it.",
        "rule": None,
        "default": "allow",
        "rules": [],
        "input": {"valid": True, "errors": []},
        "limits": [],
        "breaker": {"state": "closed", "held": None, "retry_at": None},
        "cache_seconds": 60,
        "problem": None,
    }


def test_it_names_the_rule_that_decides_and_all_that_match(acme: Tenant, register: Register, api: Api) -> None:
    register()
    allow = rule(acme, "allow", "All of the CRM", tools=["crm-*"])
    deny = rule(
        acme, "deny", "Not account 7", conditions=[{"path": "$.account", "op": "eq", "value": 7}], note="Ada's."
    )
    rule(acme, "deny", "Not the ERP", tools=["erp-*"])
    shown = told(api)
    assert (shown["decision"], shown["rule"]["id"], shown["default"]) == ("deny", str(deny.id), None)
    assert [(each["name"], each["effect"]) for each in shown["rules"]] == [
        ("Not account 7", "deny"),
        ("All of the CRM", "allow"),
    ]
    assert (shown["problem"]["code"], shown["problem"]["rule"]) == ("forbidden", str(deny.id))
    other = told(api, input={"account": 8})
    assert (other["decision"], other["rule"]["id"], other["problem"]) == ("allow", str(allow.id), None)


def test_it_says_that_a_person_would_be_asked(acme: Tenant, register: Register, api: Api) -> None:
    register()
    ask = rule(acme, "ask", "Ask first")
    shown = told(api)
    assert (shown["decision"], shown["rule"]["id"], shown["problem"]) == ("ask", str(ask.id), None)


def test_it_says_that_the_default_decides(acme: Tenant, register: Register, api: Api) -> None:
    register(permissions=["destructive"])
    shown = told(api)
    assert (shown["decision"], shown["default"], shown["problem"]["code"]) == ("deny", "deny", "forbidden")


def test_it_tells_what_comes_before_all_rules(acme: Tenant, register: Register, api: Api) -> None:
    register(excluded_providers=["openai"])
    rule(acme, "allow", "Everything")
    shown = told(api, provider="openai")
    assert (shown["decision"], shown["rule"], shown["default"]) == ("deny", None, None)
    assert "`excluded_providers`" in shown["reason"]
    assert [each["name"] for each in shown["rules"]] == ["Everything"]


def test_it_says_what_is_wrong_with_the_input(register: Register, api: Api) -> None:
    register()
    shown = told(api, input={"account": "seven"})
    assert shown["decision"] == "allow"
    assert [fault["path"] for fault in shown["input"]["errors"]] == ["$.account"]
    assert shown["problem"]["code"] == "invalid_input"


def test_it_says_which_limits_would_count(acme: Tenant, scout: Agent, register: Register, api: Api) -> None:
    register(rate_limit={"per_minute": 60, "burst": 10})
    with within(acme.id):
        Agent.objects.filter(id=scout.id).update(concurrency={"most": 5})
    assert told(api)["limits"] == [
        {"name": "tool-minute", "says": "60 calls per minute, 10 at once"},
        {"name": "agent-concurrency", "says": "5 at the same time"},
    ]


@pytest.mark.parametrize(
    ("tool", "code"),
    [("nobody", "tool_not_found"), ("crm-find@^2", "version_not_found"), ("crm-find@good", "invalid_input")],
)
def test_it_says_that_there_is_no_such_tool(register: Register, api: Api, tool: str, code: str) -> None:
    register()
    shown = told(api, tool=tool)
    assert shown["problem"]["code"] == code
    assert (shown["version"], shown["decision"], shown["input"], shown["rules"]) == ("", None, None, [])


def test_it_explains_for_others_to_admins(
    acme: Tenant, scout: Agent, register: Register, api: Api, admin_api: Api
) -> None:
    register()
    rule(acme, "deny", "Not for scout", agents=["scout"])
    assert told(admin_api)["decision"] == "allow"
    assert (told(admin_api, agent="scout")["decision"], told(admin_api, agent="scout")["agent"]) == ("deny", "scout")
    assert told(api, agent="scout")["decision"] == "deny"
    assert api.post("executions/explain/", CALL | {"agent": "chief"}).status_code == 403
    missing = admin_api.post("executions/explain/", CALL | {"agent": "nobody"})
    assert [fault["path"] for fault in missing.json()["errors"]] == ["$.agent"]


def test_it_explains_to_a_viewer_that_they_may_not_call(acme: Tenant, register: Register, api: Api) -> None:
    register()
    viewer = api.as_(make_key(make_agent(acme, "reader", Role.VIEWER)))
    assert told(viewer)["problem"]["detail"].startswith("The role `viewer` may not do this")


def test_it_runs_writes_and_sends_nothing(
    acme: Tenant, register: Register, api: Api, upstream: Upstream, scout_key: str
) -> None:
    register()
    rule(acme, "ask", "Ask first")
    api.get("tools/")  # notes the use of the key
    with within(acme.id):
        entries = AuditEntry.objects.count()
    with CaptureQueriesContext(connection) as asked:
        told(api)
    assert not [each["sql"] for each in asked if each["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    assert upstream.received == []
    with within(acme.id):
        assert (AuditEntry.objects.count(), Execution.objects.count()) == (entries, 0)


def test_it_knows_nothing_of_another_tenants(acme: Tenant, register: Register, spy_api: Api) -> None:
    register()
    shown = told(spy_api)
    assert shown["problem"]["code"] == "tool_not_found"
    assert spy_api.post("executions/explain/", CALL | {"agent": "scout"}).status_code == 422


def test_it_tells_of_a_circuit_that_is_held_open(acme: Tenant, register: Register, api: Api) -> None:
    tool = register()
    with within(acme.id):
        BreakerHold.objects.create(tenant=acme, tool=tool, hold="open", reason="It is being moved.", by="person:1")
    shown = told(api)
    assert (shown["decision"], shown["breaker"]["held"]) == ("allow", "open")
    assert shown["problem"]["code"] == "circuit_open"
