"""What a tenant's rules together say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.decisions import Decision
from registry.permissions.policy import CallFacts, ToolFacts
from tests.registry.permissions.cases import CRM, a_rule, policy_for

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ANY_CALL = CallFacts(input={})


def decided(*rules: Any, call: CallFacts = ANY_CALL, **more: Any) -> Decision:
    return policy_for(*rules, **more).decide(call, NOW).decision


def test_it_lets_deny_beat_ask_and_ask_beat_allow() -> None:
    deny, ask, allow = a_rule("deny"), a_rule("ask"), a_rule("allow")
    assert decided(allow, ask, deny) is Decision.DENY
    assert decided(ask, allow) is Decision.ASK
    assert decided(allow, default="deny") is Decision.ALLOW


def test_it_names_the_rule_and_its_note() -> None:
    rule = a_rule("ask", name="Large payments", note="Ask Ada.")
    verdict = policy_for(rule).decide(ANY_CALL, NOW)
    assert (verdict.rule_id, verdict.reason) == (
        rule.id,
        "the rule “Large payments” asks for a person's approval. Ask Ada.",
    )


@pytest.mark.parametrize("default", ["allow", "ask", "deny"])
def test_it_falls_back_on_the_tenants_default(default: str) -> None:
    verdict = policy_for(a_rule("deny", tools=["erp-*"]), default=default).decide(ANY_CALL, NOW)
    assert (verdict.decision, verdict.rule_id) == (default, None)
    assert verdict.reason.startswith("no rule matches, and the default of the tenant ")


def test_it_has_another_default_for_destructive_versions() -> None:
    tool = ToolFacts(slug="crm-drop", permissions=frozenset({"network", "destructive"}))
    verdict = policy_for(tool=tool).decide(ANY_CALL, NOW)
    assert verdict.decision is Decision.DENY
    assert verdict.reason == "no rule matches, and the default for destructive tools denies it."
    assert decided(a_rule("allow"), tool=tool) is Decision.ALLOW
    assert decided(tool=tool, default="deny", destructive="allow") is Decision.ALLOW


def test_it_has_nothing_to_decide_without_rules() -> None:
    assert policy_for().is_open
    assert policy_for(a_rule("deny", tools=["erp-*"])).is_open
    assert not policy_for(default="ask").is_open
    assert not policy_for(a_rule("allow")).is_open


@pytest.mark.parametrize(
    ("facts", "matches"),
    [
        ({"tools": ["crm-*"]}, True),
        ({"tools": ["crm-fin?"]}, True),
        ({"tools": ["crm"]}, False),
        ({"tools": ["erp-*", "*-find"]}, True),
        ({"categories": ["crm"]}, True),
        ({"categories": ["erp"]}, False),
        ({"capabilities": ["contacts"]}, True),
        ({"capabilities": ["find_contact", "other"]}, True),
        ({"capabilities": ["other"]}, False),
        ({"connectors": ["hubspot"]}, True),
        ({"connectors": ["salesforce"]}, False),
        ({"node_types": ["effect", "compute"]}, True),
        ({"node_types": ["compute"]}, False),
        ({"permissions": ["network"]}, True),
        ({"permissions": ["destructive"]}, False),
        ({"tools": ["crm-*"], "categories": ["erp"]}, False),
    ],
)
def test_it_matches_tools_by_everything_that_the_rule_names(facts: dict[str, Any], matches: bool) -> None:
    tool = ToolFacts(
        slug="crm-find",
        category="crm",
        capabilities=frozenset({"contacts", "find_contact"}),
        connector="hubspot",
        node_type="effect",
        permissions=frozenset({"network"}),
    )
    assert bool(policy_for(a_rule(**facts), tool=tool).rules) is matches


@pytest.mark.parametrize(
    ("facts", "matches"),
    [
        ({"agents": ["scout"]}, True),
        ({"agents": ["spy"]}, False),
        ({"roles": ["operator", "viewer"]}, True),
        ({"roles": ["owner"]}, False),
        ({"agents": ["scout"], "roles": ["owner"]}, False),
        ({"providers": ["openai"]}, True),
        ({"providers": ["anthropic"]}, False),
    ],
)
def test_it_matches_callers_by_everything_that_the_rule_names(facts: dict[str, Any], matches: bool) -> None:
    call = CallFacts(input={}, agent="scout", role="operator", provider="openai")
    assert decided(a_rule(**facts), call=call) is (Decision.DENY if matches else Decision.ALLOW)


def test_it_takes_nobody_for_an_agent_who_is_none() -> None:
    assert decided(a_rule("deny", agents=["scout"]), call=CallFacts(input={}, role="owner")) is Decision.ALLOW


@pytest.mark.parametrize(
    ("own", "claimed", "denied", "allowed"),
    [
        ("openai", "", True, True),
        ("", "openai", True, True),
        ("openai", "anthropic", True, False),
        ("anthropic", "openai", True, False),
        ("anthropic", "", False, False),
        ("", "", False, False),
    ],
)
def test_it_lets_nobody_claim_a_provider_to_get_rid_of_a_rule(
    own: str, claimed: str, denied: bool, allowed: bool
) -> None:
    call = CallFacts(input={}, provider=own, claimed_provider=claimed)
    assert (decided(a_rule("deny", providers=["openai"]), call=call) is Decision.DENY) is denied
    assert (decided(a_rule("allow", providers=["openai"]), call=call, default="deny") is Decision.ALLOW) is allowed


def test_it_judges_expiry_by_the_clock_of_the_call() -> None:
    policy = policy_for(a_rule("deny", expires_at=NOW))
    assert policy.decide(ANY_CALL, NOW - timedelta(microseconds=1)).decision is Decision.DENY
    assert policy.decide(ANY_CALL, NOW).decision is Decision.ALLOW


def test_it_wants_all_conditions_to_match() -> None:
    conditions = [
        {"path": "$.amount", "op": "gt", "value": 1000},
        {"path": "$.currency", "op": "eq", "value": "EUR"},
    ]
    rule = a_rule("deny", conditions=conditions)
    assert decided(rule, call=CallFacts(input={"amount": 2000, "currency": "EUR"})) is Decision.DENY
    assert decided(rule, call=CallFacts(input={"amount": 2000, "currency": "USD"})) is Decision.ALLOW
    assert decided(rule, call=CallFacts(input={"amount": 10, "currency": "EUR"})) is Decision.ALLOW


def test_it_lets_a_missing_argument_match_to_deny_and_to_ask_but_not_to_allow() -> None:
    conditions = [{"path": "$.amount", "op": "lt", "value": 1000}]
    for effect, expected in (("deny", Decision.DENY), ("ask", Decision.ASK), ("allow", Decision.DENY)):
        assert decided(a_rule(effect, conditions=conditions), default="deny") is expected
        assert (
            decided(a_rule(effect, conditions=conditions), default="deny", call=CallFacts({"amount": "5"})) is expected
        )


def test_it_tells_all_rules_that_match_the_strongest_first_and_then_the_newest() -> None:
    allow, first_deny, ask, second_deny = a_rule("allow"), a_rule("deny"), a_rule("ask"), a_rule("deny")
    other = a_rule("deny", agents=["spy"])
    found = policy_for(allow, first_deny, ask, second_deny, other).matching(ANY_CALL, NOW)
    assert [rule.id for rule in found] == [second_deny.id, first_deny.id, ask.id, allow.id]


def test_it_looks_only_at_rules_that_may_match_the_tool() -> None:
    rules = [a_rule("deny", tools=[f"erp-{number}"]) for number in range(50)]
    assert len(policy_for(*rules, a_rule("ask", tools=["crm-*"]), tool=CRM).rules) == 1
