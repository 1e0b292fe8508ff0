from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.decisions import Decision
from accounts.errors import Forbidden
from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.execution.permit import permit
from registry.models import PermissionRule
from registry.models.execution import Status
from registry.permissions.rules import change_rule, make_rule, remove_rule
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.registry.execution.calls import a_call, a_caller, a_target
from tests.registry.execution.rows import entries, executions
from tests.registry.permissions.cases import a_rule, policy_for
from tests.upstream import Upstream


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN, Role.OWNER])
def test_it_allows_those_whose_role_may_call(role: Role) -> None:
    assert permit(a_call(caller=a_caller(role=role)), a_target()).decision is Decision.ALLOW


def test_it_refuses_a_viewer_and_says_who_can_help() -> None:
    with pytest.raises(Forbidden, match="The role `viewer` may not do this: it needs the right `call`"):
        permit(a_call(caller=a_caller(role=Role.VIEWER)), a_target())


@pytest.mark.parametrize(
    ("of_call", "of_agent", "allowed"),
    [
        ("", "", True),
        ("anthropic", "anthropic", True),
        ("openai", "", False),
        ("", "openai", False),
        ("anthropic", "openai", False),
        ("openai", "anthropic", False),
    ],
)
def test_it_refuses_the_providers_that_a_tool_excludes(of_call: str, of_agent: str, allowed: bool) -> None:
    call = a_call(caller=a_caller(provider=of_agent), provider=of_call)
    target = a_target(excluded_providers=frozenset({"openai"}))
    if allowed:
        assert permit(call, target).decision is Decision.ALLOW
    else:
        with pytest.raises(Forbidden, match="`excluded_providers`"):
            permit(call, target)


def test_it_says_which_rule_decided() -> None:
    rule = a_rule("deny", name="No strangers", note="See the handbook.")
    with pytest.raises(Forbidden, match=r"the rule “No strangers” denies it\. See the handbook\. An admin") as error:
        permit(a_call(), a_target(policy=policy_for(rule)))
    assert error.value.extra == {"rule": str(rule.id)}


def test_it_says_that_the_default_decided() -> None:
    with pytest.raises(Forbidden, match=r"no rule matches, and the default of the tenant denies it\.") as error:
        permit(a_call(), a_target(policy=policy_for(default="deny")))
    assert error.value.extra == {"rule": None}


def test_it_asks_where_a_rule_asks() -> None:
    rule = a_rule("ask", agents=["scout"])
    target = a_target(policy=policy_for(rule))
    assert permit(a_call(caller=a_caller(agent_slug="scout")), target).rule_id == rule.id
    assert permit(a_call(caller=a_caller(agent_slug="spy")), target).decision is Decision.ALLOW


def test_it_looks_at_what_a_call_says_of_its_provider() -> None:
    target = a_target(policy=policy_for(a_rule("ask", providers=["openai"])))
    assert permit(a_call(provider="openai"), target).decision is Decision.ASK
    assert permit(a_call(caller=a_caller(provider="openai")), target).decision is Decision.ASK
    assert permit(a_call(provider="anthropic"), target).decision is Decision.ALLOW


@pytest.mark.django_db(transaction=True)
class TestInTheCorridor:
    def rule(self, tenant: Tenant, effect: str = "deny", **facts: Any) -> PermissionRule:
        with within(tenant.id):
            return make_rule(
                tenant_id=tenant.id, by=manager_of(tenant), facts={"name": "No", "effect": effect, **facts}
            )

    def refusal(self, corridor: Corridor, values: dict[str, Any] | None = None) -> str | None:
        outcome = corridor.call("crm-find", values or {"account": 7})
        return outcome.error["code"] if outcome.error else None

    def test_it_sends_nothing_of_a_denied_call_and_records_why(
        self, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
    ) -> None:
        register()
        rule = self.rule(acme, tools=["crm-*"])
        outcome = corridor.call("crm-find", {"account": 7})
        assert outcome.status == Status.REFUSED
        assert outcome.error is not None
        assert (outcome.error["code"], outcome.error["rule"]) == ("forbidden", str(rule.id))
        assert "the rule “No” denies it." in outcome.error["detail"]
        assert upstream.received == []
        assert [row.status for row in executions(acme)] == [Status.REFUSED]
        assert entries(acme, outcome) == ["execution.refused"]
        assert list(outcome.timings) == ["resolve", "permit", "redact", "record"]

    def test_it_sends_nothing_for_an_excluded_provider_whatever_the_call_claims(
        self, acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
    ) -> None:
        register(excluded_providers=["claude_code"])
        with within(acme.id):
            Agent.objects.filter(id=scout.id).update(provider="claude_code")
        outcome = corridor.call("crm-find", {"account": 7}, provider="whatever")
        assert outcome.status == Status.REFUSED
        assert outcome.error is not None
        assert (outcome.error["code"], "the provider `claude_code`" in outcome.error["detail"]) == ("forbidden", True)
        assert upstream.received == []

    def test_it_denies_by_argument(self, acme: Tenant, corridor: Corridor, register: Register) -> None:
        register()
        self.rule(acme, conditions=[{"path": "$.account", "op": "in", "value": [7, 8]}])
        assert self.refusal(corridor, {"account": 7}) == "forbidden"
        assert self.refusal(corridor, {"account": "7"}) == "forbidden"
        assert self.refusal(corridor, {"account": 9}) is None

    def test_it_counts_from_the_next_call_on(
        self, acme: Tenant, scout: Agent, corridor: Corridor, register: Register
    ) -> None:
        register()
        assert self.refusal(corridor) is None
        rule = self.rule(acme, agents=["scout"])
        assert self.refusal(corridor) == "forbidden"
        with within(acme.id):
            change_rule(rule=rule, by=manager_of(acme), changes={"enabled": False})
        assert self.refusal(corridor) is None
        with within(acme.id):
            change_rule(rule=rule, by=manager_of(acme), changes={"enabled": True})
        assert self.refusal(corridor) == "forbidden"
        with within(acme.id):
            remove_rule(rule=rule, by=manager_of(acme))
        assert self.refusal(corridor) is None

    def test_it_lets_a_rule_expire_while_it_is_kept(self, acme: Tenant, corridor: Corridor, register: Register) -> None:
        register()
        rule = self.rule(acme)
        with within(acme.id):
            PermissionRule.objects.filter(id=rule.id).update(expires_at=timezone.now() - timedelta(minutes=1))
        assert self.refusal(corridor) is None

    def test_it_starts_closed_for_destructive_tools(
        self, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
    ) -> None:
        register(permissions=["destructive"])
        assert self.refusal(corridor) == "forbidden"
        assert upstream.received == []
        self.rule(acme, "allow", permissions=["destructive"])
        assert self.refusal(corridor) is None

    def test_it_keeps_the_rules_of_tenants_apart(
        self, acme: Tenant, globex: Tenant, corridor: Corridor, register: Register
    ) -> None:
        register()
        self.rule(globex)
        assert self.refusal(corridor) is None
