from typing import Any

import pytest

from accounts.errors import Fault, Invalid
from memory.search.conditions import All, AnyOf, Leaf, Not, Op, read_condition

GOLD: dict[str, Any] = {"path": "customer.tier", "op": "eq", "value": "gold"}


def faults_of(given: object) -> list[Fault]:
    with pytest.raises(Invalid) as refused:
        read_condition(given)
    return list(refused.value.faults)


def paths_of(given: object) -> list[str]:
    return [fault.path for fault in faults_of(given)]


def nested(levels: int) -> dict[str, Any]:
    return GOLD if levels == 1 else {"not": nested(levels - 1)}


def test_it_reads_one() -> None:
    assert read_condition(GOLD) == Leaf(("customer", "tier"), Op.EQ, "gold")


def test_it_reads_paths_as_other_conditions_here_write_them() -> None:
    assert read_condition({**GOLD, "path": "$.customer.tier"}) == read_condition(GOLD)


def test_it_reads_names_with_dots_from_a_list() -> None:
    assert read_condition({**GOLD, "path": ["a.b", "c"]}) == Leaf(("a.b", "c"), Op.EQ, "gold")


def test_it_reads_and_or_and_not() -> None:
    leaf = read_condition(GOLD)
    read = read_condition({"and": [GOLD, {"or": [GOLD, {"not": GOLD}]}]})
    assert read == All((leaf, AnyOf((leaf, Not(leaf)))))


def test_it_reads_lists_of_values() -> None:
    assert read_condition({"path": "a", "op": "in", "value": [1, "x", None]}) == Leaf(("a",), Op.IN, (1, "x", None))


@pytest.mark.parametrize("given", [None, "tier = gold", [GOLD], 1])
def test_it_takes_objects_only(given: object) -> None:
    assert paths_of(given) == ["$.where"]


def test_it_refuses_an_unknown_operator_and_names_those_there_are() -> None:
    assert faults_of({**GOLD, "op": "like"}) == [
        Fault("$.where.op", "Give one of: eq, ne, in, not_in, gt, ge, lt, le, contains, has_text, exists.")
    ]


@pytest.mark.parametrize("op", [None, ["eq"], {}, 1])
def test_it_refuses_an_operator_that_is_no_text(op: object) -> None:
    assert paths_of({**GOLD, "op": op}) == ["$.where.op"]


@pytest.mark.parametrize(
    "path", [None, "", "a..b", ".a", 1, [], [1], [""], "a" * 201, "\0", "\ud800", ".".join("abcdefghi")]
)
def test_it_refuses_what_is_no_path(path: object) -> None:
    assert paths_of({**GOLD, "path": path}) == ["$.where.path"]


def test_it_refuses_an_unknown_field() -> None:
    assert paths_of({**GOLD, "case": "ignore"}) == ["$.where.case"]


def test_it_wants_a_value() -> None:
    assert paths_of({"path": "a", "op": "eq"}) == ["$.where.value"]


@pytest.mark.parametrize(
    ("op", "value"),
    [
        ("eq", {"a": 1}),
        ("eq", [1]),
        ("ne", float("nan")),
        ("eq", 10**400),
        ("eq", float("inf")),
        ("eq", "x" * 1001),
        ("eq", "\0"),
        ("contains", "\udfff"),
        ("gt", True),
        ("lt", None),
        ("ge", []),
        ("has_text", ""),
        ("has_text", 5),
        ("exists", "yes"),
        ("exists", 1),
        ("in", "gold"),
        ("in", []),
        ("not_in", list(range(101))),
    ],
)
def test_it_refuses_a_value_that_the_operator_cannot_use(op: str, value: object) -> None:
    assert paths_of({"path": "a", "op": op, "value": value}) == ["$.where.value"]


def test_it_says_which_of_several_values_is_wrong() -> None:
    assert paths_of({"path": "a", "op": "in", "value": [1, {}, "x", []]}) == ["$.where.value[1]", "$.where.value[3]"]


def test_it_says_all_that_is_wrong_at_once() -> None:
    wrong = {"and": [{"path": "", "op": "like", "value": 1}, GOLD, {"not": 5}]}
    assert paths_of(wrong) == ["$.where.and[0].path", "$.where.and[0].op", "$.where.and[2].not"]


@pytest.mark.parametrize("word", ["and", "or"])
@pytest.mark.parametrize("parts", [[], {}, None, GOLD])
def test_it_wants_something_to_join(word: str, parts: object) -> None:
    assert paths_of({word: parts}) == [f"$.where.{word}"]


def test_it_wants_a_joining_word_to_stand_by_itself() -> None:
    assert paths_of({"and": [GOLD], "or": [GOLD]}) == ["$.where"]
    assert paths_of({"not": GOLD, **GOLD}) == ["$.where"]


def test_it_bears_five_levels_and_no_more() -> None:
    read_condition(nested(5))
    assert paths_of(nested(6)) == ["$.where.not.not.not.not.not"]


def test_it_bears_32_conditions_and_no_more() -> None:
    read_condition({"or": [{"and": [GOLD] * 16}, {"and": [GOLD] * 16}]})
    assert paths_of({"or": [{"and": [GOLD] * 17}, {"and": [GOLD] * 16}]}) == ["$.where"]
    assert paths_of({"or": [GOLD] * 33}) == ["$.where.or"]


def test_it_reads_no_further_than_there_is_something_to_tell() -> None:
    level: list[Any] = [{}] * 32
    for _ in range(3):
        level = [{"or": level}] * 32
    # A million of them, each with two faults.
    assert len(faults_of({"and": level})) == 50


def test_it_reads_no_further_than_32_conditions() -> None:
    level: list[Any] = [GOLD] * 32
    for _ in range(3):
        level = [{"or": level}] * 32
    assert [fault.message for fault in faults_of({"and": level})] == ["Give at most 32 conditions in all."]


def test_it_names_no_more_than_50_unknown_fields() -> None:
    assert len(faults_of({**GOLD, **{f"field{number}": 1 for number in range(1_000)}})) == 50
