"""Rules in words."""

from typing import Any

import pytest

from registry.permissions.sentences import say_condition, sentence_of
from tests.registry.permissions.cases import a_rule


def test_it_says_who_what_and_when() -> None:
    rule = a_rule(
        "deny",
        tools=["crm-*", "erp-*"],
        permissions=["destructive"],
        agents=["scout"],
        roles=["operator", "viewer"],
        conditions=[
            {"path": "$.amount", "op": "gt", "value": 1000},
            {"path": "$.currency", "op": "in", "value": ["EUR", "USD", "GBP"]},
        ],
    )
    assert sentence_of(rule) == (
        "Deny · agent `scout`, role `operator` or `viewer` · tools `crm-*` or `erp-*`, with permission `destructive` · "
        "when `$.amount` > `1000` and `$.currency` is one of `EUR`, `USD` or `GBP`"
    )


def test_it_says_everybody_and_every_tool() -> None:
    assert sentence_of(a_rule("ask")) == "Ask · everybody · every tool"


def test_it_does_not_name_all_of_many() -> None:
    rule = a_rule("allow", tools=[f"crm-{number}" for number in range(9)])
    assert sentence_of(rule) == "Allow · everybody · tools `crm-0`, `crm-1`, `crm-2`, `crm-3` or 5 more"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"op": "exists"}, "`$.it` is there"),
        ({"op": "exists", "value": False}, "`$.it` is missing"),
        ({"op": "exists", "value": True, "not": True}, "`$.it` is missing"),
        ({"op": "exists", "value": False, "not": True}, "`$.it` is there"),
        ({"op": "eq", "value": True}, "`$.it` = `true`"),
        ({"op": "eq", "value": 1}, "`$.it` = `1`"),
        ({"op": "eq", "value": None}, "`$.it` = `null`"),
        ({"op": "eq", "value": ""}, "`$.it` = nothing"),
        ({"op": "gt", "value": 5, "not": True}, "`$.it` is not > `5`"),
        ({"op": "domain", "value": "example.com", "not": True}, "`$.it` is not in the domain `example.com`"),
        ({"op": "command_prefix", "value": ["git status", "ls"]}, "`$.it` is a command `git status` or `ls`"),
        ({"op": "file_pattern", "value": "src/**"}, "`$.it` is a file in `src/**`"),
        ({"op": "matches", "value": "a`b"}, "`$.it` matches `a'b`"),
    ],
)
def test_it_says_each_condition(condition: dict[str, Any], said: str) -> None:
    assert say_condition({"path": "$.it", **condition}) == said
