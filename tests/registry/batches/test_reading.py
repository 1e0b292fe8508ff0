"""What a batch may be, and what is said of one that cannot be run."""

from typing import Any

import pytest

from accounts.errors import Fault
from registry.batches.reading import read_calls
from registry.batches.types import PlannedCall


def call(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"id": name, "tool": "crm-find", **more}


def faults(*calls: Any, **more: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.message) for fault in read_calls(list(calls), "$.calls", most=3, **more).faults]


def places(*calls: Any) -> list[str]:
    return [place for place, _ in faults(*calls)]


def test_it_reads_calls_with_all_that_they_need() -> None:
    reference = {"$from": "a", "path": "$.id"}
    reading = read_calls(
        [
            call("a", tool="crm-find@^1.2", input={"account": 7}, operation="find", timeout_ms=500),
            call("b", depends_on=[]),
            call("c", input={"deep": [{"er": reference}], "whole": {"$from": "b"}}, depends_on=["a"]),
        ],
        "$.calls",
        most=3,
    )
    assert reading.faults == []
    a, b, c = reading.calls
    assert a == PlannedCall("a", "crm-find", "^1.2", {"account": 7}, "find", 500, is_literal=True)
    assert b == PlannedCall("b", "crm-find", "", {}, is_literal=True)
    assert c.needs == {"a", "b"}
    assert not c.is_literal


@pytest.mark.parametrize("raw", [None, {}, "a", [], [call()] * 4])
def test_it_wants_a_list_of_some_calls(raw: Any) -> None:
    assert read_calls(raw, "$.calls", most=3).faults == [Fault("$.calls", "Give a list of 1 to 3 calls.")]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("a", "$.calls[0]"),
        ({"tool": "crm-find"}, "$.calls[0].id"),
        ({"id": "a"}, "$.calls[0].tool"),
        (call(""), "$.calls[0].id"),
        (call("a:b"), "$.calls[0].id"),
        (call("a" * 65), "$.calls[0].id"),
        (call(7), "$.calls[0].id"),  # type: ignore[arg-type]
        (call(tool=""), "$.calls[0].tool"),
        (call(tool="a" * 171), "$.calls[0].tool"),
        (call(input=[]), "$.calls[0].input"),
        (call(input=None), "$.calls[0].input"),
        (call(operation="a" * 101), "$.calls[0].operation"),
        (call(timeout_ms=0), "$.calls[0].timeout_ms"),
        (call(timeout_ms=600_001), "$.calls[0].timeout_ms"),
        (call(timeout_ms=True), "$.calls[0].timeout_ms"),
        (call(timeout_ms=5.0), "$.calls[0].timeout_ms"),
        (call(depends_on="b"), "$.calls[0].depends_on"),
        (call(depends_on=[7]), "$.calls[0].depends_on"),
        (call(dependson=["b"]), "$.calls[0].dependson"),
        (call(input={"x": {"$from": 7}}), '$.calls[0].input.x["$from"]'),
        (call(input={"x": [{"$from": "b", "path": "b"}]}), "$.calls[0].input.x[0].path"),
        (call(input={"x": {"$from": "b", "path": None}}), "$.calls[0].input.x.path"),
        (call(input={"x": {"$from": "b", "default": 1}}), "$.calls[0].input.x.default"),
        (call(input={"$from": "c"}), '$.calls[0].input["$from"]'),
        (call(input={"x": {"$from": "a"}}), '$.calls[0].input.x["$from"]'),
        (call(depends_on=["a"]), "$.calls[0].depends_on[0]"),
        (call(depends_on=["b", "c"]), "$.calls[0].depends_on[1]"),
    ],
)
def test_it_says_where_a_call_is_wrong(raw: Any, place: str) -> None:
    found = faults(raw, call("b"))
    assert [where for where, _ in found] == [place]
    assert found[0][1].endswith(".")


@pytest.mark.parametrize(
    "more",
    [
        *({"fields": fields} for fields in ([], "id", [7], ["a..b"], ["x" * 301], ["x"] * 101)),
        *({"max_tokens": most} for most in (0, True, "100")),
    ],
)
def test_it_says_where_the_wanted_shape_of_an_answer_is_wrong(more: dict[str, Any]) -> None:
    found = read_calls([call(**more)], "$.calls", most=3, is_told=True).faults
    assert [fault.path for fault in found] == [f"$.calls[0].{name}" for name in more]


def test_it_asks_for_no_shape_where_nobody_is_told_the_answer() -> None:
    assert places(call(fields=["id"], max_tokens=100)) == ["$.calls[0].fields", "$.calls[0].max_tokens"]


def test_it_names_the_others_when_there_is_no_such_call() -> None:
    assert faults(call("a", depends_on=["c"]), call("b")) == [
        ("$.calls[0].depends_on[0]", "There is no call `c` here. Name one of: b.")
    ]


def test_it_refuses_two_calls_of_one_id() -> None:
    assert faults(call("a"), call("b"), call("a")) == [
        ("$.calls[2].id", "The call at $.calls[0] is named `a`, too. Rename one.")
    ]


def test_it_names_a_circle() -> None:
    circle = [call("a", depends_on=["b"]), call("b", input={"x": {"$from": "c"}}), call("c", depends_on=["a"])]
    assert faults(*circle) == [
        ("$.calls[0]", "These calls wait for each other in a circle: `a` → `b` → `c` → `a`. Break it.")
    ]


def test_it_tells_all_faults_at_once_but_not_without_end() -> None:
    assert places(call("a", timeout_ms=0), call("", input=7)) == [
        "$.calls[0].timeout_ms",
        "$.calls[1].id",
        "$.calls[1].input",
    ]
    assert len(places(call("a", depends_on=["x"] * 1000))) == 50
    assert len(places(call("a", **{f"x{n}": 1 for n in range(1000)}))) == 50


def test_it_refuses_more_references_than_may_be_filled_in() -> None:
    many = [{"$from": "b", "path": "$..zz"}] * 600
    message = "This holds more than 1,000 references. Hand on whole objects, or split it."
    assert faults(call("a", input={"x": many}), call("b"), call("c", input={"x": many})) == [("$.calls", message)]


def test_it_takes_references_to_what_is_given() -> None:
    given = frozenset({"input"})
    reading = read_calls([call(input={"x": {"$from": "input", "path": "$.x"}})], "$.calls", most=3, given=given)
    assert (reading.faults, reading.calls[0].needs) == ([], frozenset())
    assert faults(call("input"), given=given) == [
        ("$.calls[0].id", "`input` stands for something else here. Rename this call.")
    ]
