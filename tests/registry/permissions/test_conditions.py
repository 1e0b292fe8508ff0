"""Conditions: what each op means, what a path that leads nowhere means, and what is refused when one is written."""

from collections.abc import Iterator
from typing import Any

import pytest

from registry.permissions import validators
from registry.permissions.conditions import check_conditions, read_condition
from registry.permissions.paths import MOST_VALUES

MATCHES = {"allow": True, "deny": True}
NEITHER = {"allow": False, "deny": False}
CANNOT_TELL = {"allow": False, "deny": True}


def judged(condition: dict[str, Any], values: dict[str, Any]) -> dict[str, bool]:
    read = read_condition(condition)
    return {"allow": read.certainly(values), "deny": read.possibly(values)}


def on(op: str, value: Any, found: Any) -> dict[str, bool]:
    return judged({"path": "$.it", "op": op, "value": value}, {"it": found})


def faults(*conditions: Any) -> list[tuple[str, str]]:
    return [(each.path, each.message) for each in check_conditions("$.conditions", list(conditions), most=5)]


@pytest.fixture
def even() -> Iterator[str]:
    def is_even(value: Any) -> bool:
        return bool(value % 2 == 0)

    validators.register("even", is_even)
    yield "even"
    validators.forget("even")


@pytest.mark.parametrize(
    ("op", "value", "found", "expected"),
    [
        ("eq", 1000, 1000, MATCHES),
        ("eq", 1000, 1000.0, MATCHES),
        ("eq", 1000, 1, NEITHER),
        ("eq", 1000, "1000", CANNOT_TELL),
        ("eq", 1, True, CANNOT_TELL),
        ("eq", None, None, MATCHES),
        ("eq", "a", {"a": 1}, CANNOT_TELL),
        ("ne", "EUR", "USD", MATCHES),
        ("ne", "EUR", "EUR", NEITHER),
        ("ne", "EUR", 5, CANNOT_TELL),
        ("gt", 1000, 1000.01, MATCHES),
        ("gt", 1000, 1000, NEITHER),
        ("gt", 1000, "5000", CANNOT_TELL),
        ("gt", 1000, True, CANNOT_TELL),
        ("gt", 1000, 10**400, MATCHES),
        ("ge", 1000, 1000, MATCHES),
        ("lt", "2026-01-01", "2025-12-31", MATCHES),
        ("le", "b", "c", NEITHER),
        ("in", ["EUR", "USD"], "USD", MATCHES),
        ("in", ["EUR", "USD"], "GBP", NEITHER),
        ("in", ["EUR", "USD"], 5, CANNOT_TELL),
        ("in", [1, "a", None], None, MATCHES),
        ("in", [1], True, CANNOT_TELL),
        ("not_in", ["EUR"], "USD", MATCHES),
        ("not_in", ["EUR"], "EUR", NEITHER),
        ("not_in", ["EUR"], ["EUR"], CANNOT_TELL),
        ("contains", "drop", "please drop it", MATCHES),
        ("contains", "drop", "please", NEITHER),
        ("contains", "drop", ["drop", 1], MATCHES),
        ("contains", "drop", [], NEITHER),
        ("contains", "drop", [1], CANNOT_TELL),
        ("contains", 5, "5", CANNOT_TELL),
        ("matches", r"^\d+$", "123", MATCHES),
        ("matches", r"^\d+$", "123\n", NEITHER),
        ("matches", r"(a+)+$", "a" * 5_000 + "b", NEITHER),
        ("matches", "a", "a" * 100_001, CANNOT_TELL),
        ("matches", "a", 5, CANNOT_TELL),
        ("matches", "a", "\ud800", CANNOT_TELL),
        ("exists", True, None, MATCHES),
        ("exists", False, 5, NEITHER),
        ("file_pattern", ["src/**", "docs/**"], "docs/a", MATCHES),
        ("file_pattern", "src/**", "../src/a", CANNOT_TELL),
        ("command_prefix", "git status", "git status -s", MATCHES),
        ("command_prefix", "git status", "git status; rm x", CANNOT_TELL),
        ("domain", "example.com", "https://api.example.com", MATCHES),
        ("domain", ["example.com"], "https://evil.com", NEITHER),
    ],
)
def test_it_compares(op: str, value: Any, found: Any, expected: dict[str, bool]) -> None:
    assert on(op, value, found) == expected


@pytest.mark.parametrize("found", [{}, {"it": {}}, {"it": [1]}, {"it": None}])
def test_it_cannot_tell_of_a_path_that_leads_nowhere(found: dict[str, Any]) -> None:
    assert judged({"path": "$.it.amount", "op": "gt", "value": 1}, found) == CANNOT_TELL


def test_it_can_ask_whether_something_is_there() -> None:
    assert judged({"path": "$.it", "op": "exists", "value": True}, {}) == NEITHER
    assert judged({"path": "$.it", "op": "exists"}, {"it": None}) == MATCHES
    assert judged({"path": "$.it", "op": "exists", "value": False}, {}) == MATCHES


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([1, 2], NEITHER),
        ([2000, 3000], MATCHES),
        ([1, 2000], CANNOT_TELL),
        ([2000, "3000"], CANNOT_TELL),
        ([], NEITHER),
        ({"a": 2000}, MATCHES),
        ("2000", CANNOT_TELL),
    ],
)
def test_it_denies_for_any_element_and_allows_only_for_all(items: Any, expected: dict[str, bool]) -> None:
    assert judged({"path": "$.items[*]", "op": "gt", "value": 1000}, {"items": items}) == expected


def test_it_notices_an_element_without_the_field() -> None:
    condition = {"path": "$.items[*].amount", "op": "lt", "value": 1000}
    assert judged(condition, {"items": [{"amount": 1}, {"amount": 2}]}) == MATCHES
    assert judged(condition, {"items": [{"amount": 1}, {}]}) == CANNOT_TELL


def test_it_gives_up_on_more_values_than_can_be_looked_at() -> None:
    values = {"items": [1] * (MOST_VALUES + 1)}
    assert judged({"path": "$.items[*]", "op": "eq", "value": 1}, values) == CANNOT_TELL
    assert judged({"path": "$.items[*]", "op": "eq", "value": 2}, values) == CANNOT_TELL


@pytest.mark.parametrize("path", ["$.a.b[0]", '$["a"]["b"][-2]', "$['a'].b[0]", "$.a.b[*]"])
def test_it_follows_names_and_indices(path: str) -> None:
    assert judged({"path": path, "op": "eq", "value": 5}, {"a": {"b": [5, 5]}}) == MATCHES


def test_it_can_be_turned_round() -> None:
    inside = {"path": "$.url", "op": "domain", "value": "example.com", "not": True}
    assert judged(inside, {"url": "https://evil.com"}) == MATCHES
    assert judged(inside, {"url": "https://example.com"}) == NEITHER
    assert judged(inside, {"url": "http:evil"}) == CANNOT_TELL
    assert judged(inside, {}) == CANNOT_TELL


def test_it_asks_a_validator_of_an_app(even: str) -> None:
    assert on("validator", even, 4) == MATCHES
    assert on("validator", even, 5) == NEITHER


def test_it_trusts_no_validator_that_breaks_or_is_gone(even: str, caplog: pytest.LogCaptureFixture) -> None:
    assert on("validator", even, "four") == CANNOT_TELL
    assert "The validator 'even' could not judge." in caplog.text
    read = read_condition({"path": "$", "op": "validator", "value": even})
    validators.forget(even)
    assert read.possibly({})
    assert read_condition({"path": "$", "op": "validator", "value": even}).possibly({})
    assert not read_condition({"path": "$", "op": "validator", "value": even}).certainly({})


def test_it_refuses_two_validators_of_one_name(even: str) -> None:
    with pytest.raises(ValueError, match="Two validators are named 'even'"):
        validators.register(even, lambda value: True)


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        (5, ""),
        ({}, ".path"),
        ({"path": 5, "op": "eq", "value": 1}, ".path"),
        ({"path": "amount", "op": "eq", "value": 1}, ".path"),
        ({"path": "$..amount", "op": "eq", "value": 1}, ".path"),
        ({"path": "$[?@.a]", "op": "eq", "value": 1}, ".path"),
        ({"path": "$.a, $.b", "op": "eq", "value": 1}, ".path"),
        ({"path": "$.a | $.b", "op": "eq", "value": 1}, ".path"),
        ({"path": "$[0, 1]", "op": "eq", "value": 1}, ".path"),
        ({"path": "$" + ".a" * 200, "op": "eq", "value": 1}, ".path"),
        ({"path": "$", "op": "equals", "value": 1}, ".op"),
        ({"path": "$", "op": ["eq"], "value": 1}, ".op"),
        ({"path": "$", "op": "eq"}, ".value"),
        ({"path": "$", "op": "eq", "value": {}}, ".value"),
        ({"path": "$", "op": "eq", "value": "a" * 1_001}, ".value"),
        ({"path": "$", "op": "gt", "value": None}, ".value"),
        ({"path": "$", "op": "in", "value": "EUR"}, ".value"),
        ({"path": "$", "op": "in", "value": []}, ".value"),
        ({"path": "$", "op": "in", "value": [[]]}, ".value"),
        ({"path": "$", "op": "exists", "value": "yes"}, ".value"),
        ({"path": "$", "op": "matches", "value": "("}, ".value"),
        ({"path": "$", "op": "matches", "value": ""}, ".value"),
        ({"path": "$", "op": "matches", "value": "(?=a)"}, ".value"),
        ({"path": "$", "op": "matches", "value": "a" * 1_001}, ".value"),
        ({"path": "$", "op": "matches", "value": "((a{99}){99}){99}"}, ".value"),
        ({"path": "$", "op": "file_pattern", "value": "../x"}, ".value"),
        ({"path": "$", "op": "file_pattern", "value": [5]}, ".value"),
        ({"path": "$", "op": "command_prefix", "value": "git *"}, ".value"),
        ({"path": "$", "op": "domain", "value": "*.example.com"}, ".value"),
        ({"path": "$", "op": "validator", "value": "nobody"}, ".value"),
        ({"path": "$", "op": "validator", "value": []}, ".value"),
        ({"path": "$", "op": "eq", "value": 1, "not": "yes"}, ".not"),
        ({"path": "$", "op": "eq", "value": 1, "nto": True}, ".nto"),
    ],
)
def test_it_says_what_is_wrong_with_a_condition(condition: Any, path: str) -> None:
    assert f"$.conditions[0]{path}" in [where for where, _ in faults(condition)]


def test_it_says_everything_at_once() -> None:
    wrong = faults({"path": "x", "op": "y"}, {"path": "$", "op": "domain", "value": ""})
    assert [path for path, _ in wrong] == ["$.conditions[0].path", "$.conditions[0].op", "$.conditions[1].value"]


def test_it_refuses_what_is_no_list_or_too_long_a_one() -> None:
    assert [each.path for each in check_conditions("$.conditions", {}, most=5)] == ["$.conditions"]
    assert faults(*[{"path": "$", "op": "exists"}] * 6)[0][1] == "Give a list of at most 5 conditions."
