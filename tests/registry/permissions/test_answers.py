"""A remembered answer closes the question that it answered, and no other one."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.decisions import Decision
from registry.models import PermissionRule
from registry.permissions.policy import CallFacts, ToolFacts, Verdict, compile_policy

NOW = datetime(2030, 1, 1, tzinfo=UTC)
ASKS = PermissionRule(name="Ask about the CRM", effect="ask", tools=["crm-*"])
DEAR = [{"path": "$.amount", "op": "gt", "value": 1000}]


def decided(*rules: PermissionRule, default: str = "allow", **values: Any) -> Verdict:
    policy = compile_policy(default=default, destructive="deny", rules=rules)
    return policy.for_tool(ToolFacts("crm-find")).decide(CallFacts(values, agent="scout", role="operator"), NOW)


def answer(**more: Any) -> PermissionRule:
    return PermissionRule(**{"name": "Approved", "effect": "allow", "agents": ["scout"], "answers_id": ASKS.id, **more})


def test_it_asks_no_more() -> None:
    assert decided(ASKS).decision is Decision.ASK
    remembered = answer()
    assert (decided(ASKS, remembered).decision, decided(ASKS, remembered).rule_id) == (Decision.ALLOW, remembered.id)


def test_it_still_asks_on_behalf_of_another_agent() -> None:
    assert decided(ASKS, answer(agents=["spy"])).rule_id == ASKS.id


def test_it_still_asks_about_other_values() -> None:
    remembered = answer(conditions=[{"path": "$.account", "op": "eq", "value": 7}])
    assert decided(ASKS, remembered, account=7).decision is Decision.ALLOW
    assert decided(ASKS, remembered, account=8).decision is Decision.ASK
    assert decided(ASKS, remembered).decision is Decision.ASK


def test_it_answers_no_other_question() -> None:
    other = PermissionRule(name="Ask about money", effect="ask", conditions=DEAR)
    assert decided(ASKS, other, answer(), amount=5).decision is Decision.ALLOW
    assert decided(ASKS, other, answer(), amount=5000).rule_id == other.id


def test_it_gives_way_to_a_denial() -> None:
    denial = PermissionRule(name="Never", effect="deny")
    assert decided(ASKS, denial, answer()).rule_id == denial.id


def test_it_asks_again_when_its_time_is_over() -> None:
    assert decided(ASKS, answer(expires_at=NOW - timedelta(seconds=1))).decision is Decision.ASK


def test_a_plain_permission_answers_nothing() -> None:
    assert decided(ASKS, answer(answers_id=None)).decision is Decision.ASK


def test_an_answer_that_was_turned_around_answers_nothing() -> None:
    assert decided(ASKS, answer(effect="ask")).decision is Decision.ASK


def test_an_answer_to_the_default_is_a_permission() -> None:
    assert decided(default="ask").decision is Decision.ASK
    assert decided(answer(answers_id=None), default="ask").decision is Decision.ALLOW
