"""Reading what is asked of memories."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from accounts.errors import Fault, Invalid, PreconditionRequired
from memory.answers.filters import read_filter
from memory.answers.named import require_version, split_id, split_version
from memory.answers.reading import (
    a_flag,
    a_moment,
    a_number,
    a_text,
    an_id,
    one_of,
    read_fields_of,
    split_wait,
    texts,
)
from memory.limits import MOST_UNKNOWN

ID = "0198f4de-8b1c-7c3a-9d57-2f1f6a0f5b11"
READERS = {"id": an_id, "many": a_flag, "limit": a_number(1, 5), "words": texts(2, 3), "way": one_of(["in", "out"])}


def faults_of(given: Any, **how: Any) -> list[Fault]:
    with pytest.raises(Invalid) as refused:
        read_fields_of(given, READERS, **how)
    return list(refused.value.faults)


def test_it_reads_what_is_given_and_no_more() -> None:
    given = {"id": ID, "many": False, "limit": 5, "words": ["a", "b"], "way": "in"}
    assert read_fields_of(given, READERS) == {
        "id": UUID(ID),
        "many": False,
        "limit": 5,
        "words": ("a", "b"),
        "way": "in",
    }
    assert read_fields_of({}, READERS) == {}


def test_it_names_every_fault_at_once() -> None:
    known = "id, limit, many, way, words"
    assert faults_of({"limit": 6, "many": 1, "colour": "red"}, needed=["id"]) == [
        Fault("$.id", "This is needed."),
        Fault("$.limit", "Give a whole number from 1 to 5."),
        Fault("$.many", "Give true or false."),
        Fault("$.colour", f"There is no such field. There are: {known}."),
    ]


def test_it_names_the_first_unknown_fields_alone() -> None:
    many = {f"field-{number}": 1 for number in range(1_000)}
    assert [fault.path for fault in faults_of(many)] == [f"$.field-{number}" for number in range(MOST_UNKNOWN)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "0198f4de"),
        ("id", ID.replace("-", "")),
        ("id", "x" * 36),
        ("id", 7),
        ("limit", True),
        ("limit", "3"),
        ("limit", 0),
        ("words", "a"),
        ("words", ["a", "b", "c"]),
        ("words", ["long"]),
        ("words", ["\0"]),
        ("way", "up"),
        ("way", ["in"]),
    ],
)
def test_it_refuses_what_is_something_else(name: str, value: Any) -> None:
    assert [fault.path for fault in faults_of({name: value})] == [f"$.{name}"]


def test_it_names_query_parameters_without_a_path() -> None:
    assert [fault.path for fault in faults_of({"limit": 9}, path="")] == ["limit"]


@pytest.mark.parametrize("given", [None, [], "text", 7])
def test_it_refuses_what_is_no_object(given: Any) -> None:
    assert faults_of(given) == [Fault("$", "Give an object.")]


@pytest.mark.parametrize("given", ["2026-11-30T14:05:00", "yesterday", 7, "0001-01-01T00:00:00+05:00"])
def test_a_moment_has_an_offset_and_can_be_told_in_utc(given: Any) -> None:
    with pytest.raises(Exception, match="Give a time with its offset"):
        a_moment(given)


def test_a_moment_is_told_in_utc() -> None:
    assert a_moment("2026-11-30T14:05:00+01:00") == datetime(2026, 11, 30, 13, 5, tzinfo=UTC)


def test_a_text_is_no_longer_than_it_may() -> None:
    assert a_text(3)("abc") == "abc"
    with pytest.raises(Exception, match="at most 3 characters"):
        a_text(3)("abcd")


def test_a_write_waits_a_while_unless_it_says_otherwise() -> None:
    assert split_wait({"content": "x"}) == ({"content": "x"}, 2_000)
    assert split_wait({"content": "x", "wait_ms": 0}) == ({"content": "x"}, 0)
    with pytest.raises(Invalid) as refused:
        split_wait({"wait_ms": 10_001})
    assert refused.value.faults == (Fault("$.wait_ms", "Give a whole number from 0 to 10,000."),)
    with pytest.raises(Invalid):
        split_wait([])


def test_an_id_and_a_version_are_taken_out_of_the_rest() -> None:
    assert split_id({"id": ID, "kind": "plan"}) == (UUID(ID), {"kind": "plan"})
    assert split_version({"version": 7, "kind": "plan"}) == (7, {"kind": "plan"})
    assert split_version({"kind": "plan"}) == (None, {"kind": "plan"})
    with pytest.raises(PreconditionRequired, match="Give `version`"):
        require_version({"kind": "plan"})
    with pytest.raises(Invalid):
        require_version({"version": "7"})
    with pytest.raises(Invalid):
        split_id({"kind": "plan"})


def test_a_filter_names_its_faults_below_itself() -> None:
    with pytest.raises(Invalid) as refused:
        read_filter({"namespace": "../etc", "where": {"and": [{"path": "a", "op": "near", "value": 1}]}, "x": 1})
    paths = [fault.path for fault in refused.value.faults]
    assert paths == ["$.filter.namespace", "$.filter.where.and[0].op", "$.filter.x"]


def test_a_filter_knows_a_subtree_by_its_namespace() -> None:
    assert read_filter({"namespace": "projects", "kind": "plan", "tags": ["a"]}) == {
        "subtree": "projects/",
        "kind": "plan",
        "tags": ("a",),
    }
