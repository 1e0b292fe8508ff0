from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from accounts.errors import Fault, Invalid
from memory.search.conditions import Leaf, Op
from memory.search.read import read_request
from memory.search.types import Mode, SearchRequest


def faults_of(given: object) -> list[Fault]:
    with pytest.raises(Invalid) as refused:
        read_request(given)
    return list(refused.value.faults)


def paths_of(**given: Any) -> list[str]:
    return [fault.path for fault in faults_of({"query": "plans", **given})]


def test_it_asks_for_ten_by_meaning_and_words_unless_told_otherwise() -> None:
    assert read_request({"query": "what is planned"}) == SearchRequest(
        query="what is planned", limit=10, mode=Mode.HYBRID, subtree="", any_time=False, expand_links=0
    )


def test_it_reads_everything_there_is() -> None:
    read = read_request(
        {
            "query": "plans",
            "vector": [1, 0.5],
            "limit": 200,
            "namespace": "projects/apollo",
            "tags": ["a", "b", "a"],
            "kind": ["fact", "event"],
            "where": {"path": "n", "op": "gt", "value": 1},
            "valid_at": "2026-01-31T12:00:00+01:00",
            "any_time": False,
            "trust": "trusted",
            "end_user": "ada",
            "mode": "semantic",
            "expand_links": 2,
            "max_tokens": 500,
            "fields": ["content", "tags"],
            "explain": True,
        }
    )
    assert read == SearchRequest(
        query="plans",
        vector=(1.0, 0.5),
        limit=200,
        subtree="projects/apollo/",
        tags=("a", "b"),
        kinds=("fact", "event"),
        where=Leaf(("n",), Op.GT, 1),
        valid_at=datetime(2026, 1, 31, 11, tzinfo=UTC),
        trust=("trusted",),
        end_user="ada",
        mode=Mode.SEMANTIC,
        expand_links=2,
        max_tokens=500,
        fields=("content", "tags"),
        explain=True,
    )


def test_it_takes_null_for_what_is_left_out() -> None:
    nothing = dict.fromkeys(("vector", "kind", "where", "valid_at", "trust", "end_user", "max_tokens", "fields"))
    assert read_request({"query": "plans", **nothing}) == SearchRequest(query="plans")


def test_it_takes_a_time_that_python_has() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=1)))
    assert read_request({"query": "plans", "valid_at": moment}).valid_at == datetime(2026, 1, 31, 11, tzinfo=UTC)


@pytest.mark.parametrize("given", [None, [], "plans", 5])
def test_it_takes_an_object_only(given: object) -> None:
    assert [fault.path for fault in faults_of(given)] == ["$"]


def test_it_refuses_an_unknown_field_by_name() -> None:
    (fault,) = faults_of({"query": "plans", "top_k": 5})
    assert fault.path == "$.top_k"
    assert "any_time, end_user, expand_links, explain, fields, kind, limit," in fault.message


def test_it_says_all_that_is_wrong_at_once() -> None:
    wrong = paths_of(limit=0, mode="vector", namespace="a b", where={"path": "a", "op": "like", "value": 1}, tags=[""])
    assert wrong == ["$.limit", "$.mode", "$.namespace", "$.where.op", "$.tags"]


@pytest.mark.parametrize("limit", [0, -1, 201, 10_000, 1.5, "10", True, None])
def test_it_refuses_a_limit_beyond_1_to_200(limit: object) -> None:
    assert faults_of({"query": "plans", "limit": limit}) == [Fault("$.limit", "Give a whole number from 1 to 200.")]


@pytest.mark.parametrize("query", ["", "  ", "\u200b\ufeff", 5, ["plans"], "x" * 4_001, "a\0b", "\ud800"])
def test_it_refuses_what_is_no_question(query: object) -> None:
    assert [fault.path for fault in faults_of({"query": query})] == ["$.query"]


def test_it_does_not_guess_how_long_a_vector_is() -> None:
    [fault] = faults_of({"vector": "x"})
    assert fault.message == "Give a list of 1 to 4000 numbers: as many as the vectors of the model have."


@pytest.mark.parametrize(
    ("vector", "path"),
    [
        ([1.0, float("nan")], "$.vector[1]"),
        ([float("inf"), 1.0], "$.vector[0]"),
        ([1.0, -float("inf")], "$.vector[1]"),
        ([1e300, 1.0], "$.vector[0]"),
        ([10**400], "$.vector[0]"),
        ([1.0, "2"], "$.vector[1]"),
        ([1.0, None], "$.vector[1]"),
        ([True, 1.0], "$.vector[0]"),
        ([0.0, 0.0], "$.vector"),
        ([1e-30, 0], "$.vector"),
        ([], "$.vector"),
        ([1.0] * 4_001, "$.vector"),
        ("0.1,0.2", "$.vector"),
        ({"0": 1.0}, "$.vector"),
    ],
)
def test_it_refuses_what_is_no_vector(vector: object, path: str) -> None:
    assert paths_of(vector=vector) == [path]


def test_it_needs_something_to_look_for() -> None:
    assert faults_of({"limit": 5}) == [Fault("$.query", "Give a `query`, or a `vector`.")]
    assert faults_of({"query": None, "vector": None}) == [Fault("$.query", "Give a `query`, or a `vector`.")]


def test_it_needs_words_to_look_for_words() -> None:
    wrong = faults_of({"mode": "keyword", "vector": [1.0]})
    assert [fault.path for fault in wrong] == ["$.query", "$.vector"]


def test_it_refuses_a_time_beside_any_time() -> None:
    assert paths_of(valid_at="2026-01-31T12:00:00Z", any_time=True) == ["$.any_time"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", None),
        ("mode", "HYBRID"),
        ("mode", ["hybrid"]),
        ("namespace", 5),
        ("namespace", None),
        ("namespace", "../secret"),
        ("tags", "a"),
        ("tags", [5]),
        ("tags", ["x" * 65]),
        ("tags", ["\0"]),
        ("tags", ["a"] * 33),
        ("kind", [5]),
        ("kind", ""),
        ("kind", "x" * 33),
        ("trust", "blind"),
        ("trust", ["trusted", "blind"]),
        ("trust", 5),
        ("end_user", ""),
        ("end_user", 5),
        ("end_user", "x" * 201),
        ("where", "a = 1"),
        ("valid_at", "yesterday"),
        ("valid_at", "2026-01-31T12:00:00"),
        ("valid_at", "2026-02-31T12:00:00Z"),
        ("valid_at", "9999-12-31T23:59:59-12:00"),
        ("valid_at", 5),
        ("any_time", 1),
        ("any_time", "true"),
        ("expand_links", 3),
        ("expand_links", -1),
        ("max_tokens", 49),
        ("max_tokens", 1_000_001),
        ("fields", "content"),
        ("fields", ["secret"]),
        ("fields", [["content"]]),
        ("explain", None),
    ],
)
def test_it_refuses_another_kind_of_value(field: str, value: object) -> None:
    assert paths_of(**{field: value}) == [f"$.{field}"]


def test_it_tells_no_more_than_50_faults() -> None:
    unknown = {f"field{number}": 1 for number in range(1_000)}
    assert len(faults_of({"query": "plans", **unknown})) == 50
    assert len(faults_of({"query": "plans", "where": unknown, **unknown})) == 50
