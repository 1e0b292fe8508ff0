"""Random rules and calls, decided twice: by the compiled policy, and by a plain reading of the documentation."""

import fnmatch
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.permissions.policy import CallFacts, ToolFacts
from tests.registry.permissions.cases import a_rule, policy_for

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 1.0, 2.5]),
    st.sampled_from(["", "a", "ab", "b"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=5,
)
INPUTS = st.dictionaries(st.sampled_from(["a", "b"]), VALUES, max_size=2)
PATHS = st.sampled_from(["$.a", "$.b", "$.a.x", "$.a[0]", "$.a[*]", "$.a[*].x", "$.b[-1]", "$"])


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    comparable = st.one_of(st.integers(-3, 3), st.sampled_from(["a", "ab", 1.0]))
    values = {
        **dict.fromkeys(["eq", "ne", "contains"], SCALARS),
        **dict.fromkeys(["lt", "le", "gt", "ge"], comparable),
        **dict.fromkeys(["in", "not_in"], st.lists(SCALARS, min_size=1, max_size=3)),
        "exists": st.booleans(),
        "matches": st.sampled_from(["a", "^a$", "b"]),
    }
    one = [
        st.fixed_dictionaries({"path": PATHS, "op": st.just(op), "value": value}, optional={"not": st.booleans()})
        for op, value in values.items()
    ]
    return st.one_of(one)


def some(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), max_size=2, unique=True)


RULES = st.fixed_dictionaries(
    {"effect": st.sampled_from(["allow", "ask", "deny"])},
    optional={
        "tools": some("crm-*", "erp-*", "crm-find", "*"),
        "categories": some("crm", "erp"),
        "capabilities": some("find", "drop"),
        "node_types": some("effect", "compute"),
        "permissions": some("network", "destructive"),
        "agents": some("scout", "spy"),
        "roles": some("operator", "owner"),
        "providers": some("openai", "anthropic"),
        "expires_at": st.sampled_from([None, NOW - timedelta(1), NOW, NOW + timedelta(1)]),
        "conditions": st.lists(conditions(), max_size=2),
    },
)
TOOLS = st.builds(
    ToolFacts,
    slug=st.sampled_from(["crm-find", "crm-drop", "erp-find"]),
    category=st.sampled_from(["", "crm", "erp"]),
    capabilities=st.frozensets(st.sampled_from(["find", "drop"])),
    node_type=st.sampled_from(["effect", "compute"]),
    permissions=st.frozensets(st.sampled_from(["network", "destructive"])),
)
CALLS = st.builds(
    CallFacts,
    input=INPUTS,
    agent=st.sampled_from(["", "scout", "spy"]),
    role=st.sampled_from(["operator", "owner"]),
    provider=st.sampled_from(["", "openai", "anthropic"]),
    claimed_provider=st.sampled_from(["", "openai", "anthropic"]),
)
DECISIONS = st.sampled_from(["allow", "ask", "deny"])

# --- The oracle: written from docs/reference/conditions.md, as plainly as possible ---

NOTHING = object()


def oracle(rules: list[dict[str, Any]], tool: ToolFacts, call: CallFacts, default: str, destructive: str) -> str:
    effects = {rule["effect"] for rule in rules if rule_matches(rule, tool, call)}
    for effect in ("deny", "ask", "allow"):
        if effect in effects:
            return effect
    return destructive if "destructive" in tool.permissions else default


def rule_matches(rule: dict[str, Any], tool: ToolFacts, call: CallFacts) -> bool:
    allows = rule["effect"] == "allow"
    if rule.get("expires_at") and rule["expires_at"] <= NOW:
        return False
    if rule.get("tools") and not any(fnmatch.fnmatch(tool.slug, glob) for glob in rule["tools"]):
        return False
    named = [
        ("categories", {tool.category}),
        ("capabilities", set(tool.capabilities)),
        ("node_types", {tool.node_type}),
        ("permissions", set(tool.permissions)),
        ("agents", {call.agent}),
        ("roles", {call.role}),
    ]
    if any(rule.get(name) and not set(rule[name]) & facts for name, facts in named):
        return False
    told = {call.provider, call.claimed_provider} - {""}
    if rule.get("providers"):
        wanted = set(rule["providers"])
        if not told or (not told <= wanted if allows else not told & wanted):
            return False
    return all(condition_matches(each, call.input, allows) for each in rule.get("conditions", []))


def condition_matches(condition: dict[str, Any], document: Any, allows: bool) -> bool:
    answers = [answer_about(condition, value) for value in reached(document, condition["path"])]
    return bool(answers) and set(answers) == {"yes"} if allows else any(each != "no" for each in answers)


def reached(document: Any, path: str) -> list[Any]:
    values = [document]
    for part in path.replace("[", ".").replace("]", "").split(".")[1:]:
        values = [inner for value in values for inner in stepped(value, part)]
    return values


def stepped(value: Any, part: str) -> list[Any]:
    if part == "*":
        return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [NOTHING]
    try:
        if part.lstrip("-").isdigit():
            return [value[int(part)]] if isinstance(value, list) else [NOTHING]
        return [value[part]] if isinstance(value, dict) else [NOTHING]
    except (KeyError, IndexError):
        return [NOTHING]


def answer_about(condition: dict[str, Any], value: Any) -> str:
    answer = plain_answer(condition["op"], condition["value"], value)
    return {"yes": "no", "no": "yes", "perhaps": "perhaps"}[answer] if condition.get("not") else answer


def plain_answer(op: str, wanted: Any, value: Any) -> str:
    if op == "exists":
        return yes_or_no((value is not NOTHING) == wanted)
    if value is NOTHING:
        return "perhaps"
    if op == "in":
        return (
            yes_or_no(any(same(value, each) for each in wanted))
            if any(alike(value, each) for each in wanted)
            else "perhaps"
        )
    if op == "not_in":
        return {"yes": "no", "no": "yes", "perhaps": "perhaps"}[plain_answer("in", wanted, value)]
    if op == "contains" and isinstance(value, list):
        answers = [plain_answer("eq", wanted, each) for each in value]
        return "yes" if "yes" in answers else "perhaps" if "perhaps" in answers else "no"
    if op == "contains":
        return yes_or_no(wanted in value) if isinstance(value, str) and isinstance(wanted, str) else "perhaps"
    if op == "matches":
        words = {"a": ["a", "ab"], "^a$": ["a"], "b": ["ab", "b"]}
        return yes_or_no(value in words[wanted]) if isinstance(value, str) else "perhaps"
    if not alike(value, wanted):
        return "perhaps"
    compared = {
        "eq": lambda: value == wanted,
        "ne": lambda: value != wanted,
        "lt": lambda: value < wanted,
        "le": lambda: value <= wanted,
        "gt": lambda: value > wanted,
        "ge": lambda: value >= wanted,
    }
    return yes_or_no(compared[op]())


def yes_or_no(answer: bool) -> str:
    return "yes" if answer else "no"


def alike(one: Any, other: Any) -> bool:
    """Whether JSON would call both the same kind of thing."""
    number = (int, float)
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    if isinstance(one, number) or isinstance(other, number):
        return isinstance(one, number) and isinstance(other, number)
    return type(one) is type(other)


def same(one: Any, other: Any) -> bool:
    return alike(one, other) and one == other


@settings(max_examples=600, deadline=None)
@given(st.lists(RULES, max_size=5), TOOLS, CALLS, DECISIONS, DECISIONS)
def test_it_decides_as_the_documentation_says(
    rules: list[dict[str, Any]], tool: ToolFacts, call: CallFacts, default: str, destructive: str
) -> None:
    policy = policy_for(*(a_rule(**rule) for rule in rules), tool=tool, default=default, destructive=destructive)
    verdict = policy.decide(call, NOW)
    assert verdict.decision == oracle(rules, tool, call, default, destructive)
    matching = list(policy.matching(call, NOW))
    strengths = [["deny", "ask", "allow"].index(each.effect) for each in matching]
    assert strengths == sorted(strengths)
    assert verdict.rule_id == (matching[0].id if matching else None)
    assert policy.is_open <= (verdict.decision == "allow")
