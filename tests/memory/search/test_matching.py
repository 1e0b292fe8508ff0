"""What conditions find, beside the same worked out in Python, and which of them an index answers."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Tenant
from accounts.tenancy import within
from memory.models import Memory
from memory.search.conditions import All, AnyOf, Condition, Leaf, Not, Op, read_condition
from memory.search.matching import as_q
from tests.memory.search.rows import make_model, remember, remember_many
from tests.servers import Servers

MISSING = object()
METADATA: list[dict[str, Any]] = [
    {},
    {"a": None},
    {"a": 1},
    {"a": 1.0, "b": {"c": "x"}},
    {"a": 2.5, "b": {"c": "x y"}},
    {"a": "1"},
    {"a": "2026-01-31T12:00:00Z"},
    {"a": True},
    {"a": [1, "x", None]},
    {"a": ["x"], "b": []},
    {"a": [["x"]]},
    {"a": {"c": 1}, "b": [{"c": "x"}]},
    {"b": {"c": {"d": "x"}}},
    {"a": "", "b": {"0": "x"}},
    {"a": "É", "b": ["x", "y"]},
    {"a.b": 1, "b": {"c": False}},
    {"a": -3, "b": {"c": "'; DROP TABLE memory_memory; --"}},
]
VALUES: list[Any] = [None, True, False, 0, 1, 1.0, 2.5, -3, "", "x", "x y", "1", "É", "2026-01-31", "%", "'\"\\", "{}"]
PATHS = [("a",), ("b",), ("b", "c"), ("a", "c"), ("b", "c", "d"), ("b", "0"), ("a.b",), ("%s",), ("'",)]


def place(metadata: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(metadata, Mapping) or name not in metadata:
            return MISSING
        metadata = metadata[name]
    return metadata


def kind(value: Any) -> Any:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def same(one: Any, other: Any) -> bool:
    return kind(one) is kind(other) and bool(one == other)


ORDERS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.GT: lambda one, other: one > other,
    Op.GE: lambda one, other: one >= other,
    Op.LT: lambda one, other: one < other,
    Op.LE: lambda one, other: one <= other,
}


def holds(condition: Condition, metadata: dict[str, Any]) -> bool:
    match condition:
        case All(parts):
            return all(holds(part, metadata) for part in parts)
        case AnyOf(parts):
            return any(holds(part, metadata) for part in parts)
        case Not(part):
            return not holds(part, metadata)
        case Leaf(path, op, value):
            return leaf_holds(op, place(metadata, path), value)


def leaf_holds(op: Op, found: Any, value: Any) -> bool:
    there = found is not MISSING
    match op:
        case Op.EXISTS:
            return there is value
        case Op.EQ:
            return same(found, value)
        case Op.NE:
            return there and not same(found, value)
        case Op.IN:
            return any(same(found, each) for each in value)
        case Op.NOT_IN:
            return there and not any(same(found, each) for each in value)
        case Op.CONTAINS:
            return isinstance(found, list) and any(same(item, value) for item in found)
        case Op.HAS_TEXT:
            return isinstance(found, str) and value in found
        case _:
            return kind(found) is kind(value) and ORDERS[op](found, value)


paths, values = st.sampled_from(PATHS), st.sampled_from(VALUES)
ordered = st.sampled_from([value for value in VALUES if kind(value) in (float, str)])
leaves = st.one_of(
    st.builds(Leaf, paths, st.sampled_from([Op.EQ, Op.NE, Op.CONTAINS]), values),
    st.builds(Leaf, paths, st.sampled_from([Op.IN, Op.NOT_IN]), st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(Leaf, paths, st.sampled_from(sorted(ORDERS)), ordered),
    st.builds(Leaf, paths, st.just(Op.HAS_TEXT), st.sampled_from(["x", "É", "%", "'"])),
    st.builds(Leaf, paths, st.just(Op.EXISTS), st.booleans()),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@pytest.fixture
def rows(acme: Tenant) -> Tenant:
    with within(acme.id):
        for number, metadata in enumerate(METADATA):
            remember(acme, f"memory {number}", metadata=metadata)
    return acme


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=conditions)
def test_it_finds_what_the_condition_says(rows: Tenant, condition: Condition) -> None:
    with within(rows.id):
        found = Memory.objects.filter(as_q(condition)).values_list("content", flat=True)
        assert set(found) == {f"memory {n}" for n, metadata in enumerate(METADATA) if holds(condition, metadata)}


def test_it_leaves_out_what_the_path_leads_nowhere_in_but_for_not(rows: Tenant) -> None:
    gold = {"path": "b.c", "op": "eq", "value": "x"}
    with within(rows.id):
        unlike = Memory.objects.filter(as_q(read_condition({**gold, "op": "ne"}))).count()
        not_like = Memory.objects.filter(as_q(read_condition({"not": gold}))).count()
    assert (unlike, not_like) == (4, len(METADATA) - 1)


@pytest.mark.parametrize(
    ("op", "value"), [("eq", "gold"), ("in", ["gold", 5, None]), ("contains", "gold"), ("eq", True)]
)
@pytest.mark.django_db(transaction=True)
def test_it_can_be_answered_by_the_index(acme: Tenant, servers: Servers, op: str, value: object) -> None:
    condition = read_condition({"path": "customer.tier", "op": op, "value": value})
    with within(acme.id):
        remember_many(acme, make_model(), 2_000)
    with servers.connect_as_superuser() as database:
        database.execute("ANALYZE memory_memory")
    with within(acme.id):
        plan = Memory.objects.there().filter(as_q(condition)).order_by().explain()
    assert "memory_metadata" in plan
