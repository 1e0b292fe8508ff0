"""Conditions on metadata as PostgreSQL is asked them. Nothing of a condition becomes SQL: names and values are
parameters. `eq`, `in` and `contains` are answered by the index on metadata; the others look at each row.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Case, F, Func, IntegerField, JSONField, Q, TextField, Value, When
from django.db.models.functions import Cast, Collate
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, IsNull, LessThan, LessThanOrEqual

from memory.search.conditions import All, AnyOf, Condition, Leaf, Not, Op, Scalar

_ORDERS = {Op.GT: GreaterThan, Op.GE: GreaterThanOrEqual, Op.LT: LessThan, Op.LE: LessThanOrEqual}


def as_q(condition: Condition, *, column: str = "metadata") -> Q:
    """What a query asks of the column, whose value is an object in every row."""
    match condition:
        case All(parts):
            joined = Q()
            for part in parts:
                joined &= as_q(part, column=column)
            return joined
        case AnyOf(parts):
            joined = as_q(parts[0], column=column)
            for part in parts[1:]:
                joined |= as_q(part, column=column)
            return joined
        case Not(part):
            return ~as_q(part, column=column)
        case Leaf():
            return _leaf(condition, column)


def _leaf(leaf: Leaf, column: str) -> Q:
    there = Q(IsNull(_place(leaf.path, column), False))
    match leaf.op:
        case Op.EXISTS:
            return there if leaf.value else ~there
        case Op.EQ:
            return _equals(leaf.path, (leaf.value,), column)
        case Op.NE:
            return there & ~_equals(leaf.path, (leaf.value,), column)
        case Op.IN:
            return _equals(leaf.path, leaf.value, column)
        case Op.NOT_IN:
            return there & ~_equals(leaf.path, leaf.value, column)
        case Op.CONTAINS:
            return Q(**{f"{column}__contains": _nested(leaf.path, [leaf.value])})
        case Op.HAS_TEXT:
            found = Func(_text(leaf.path, column), Value(leaf.value), function="strpos", output_field=IntegerField())
            return _of_kind("string", leaf.path, column, GreaterThan(found, 0))
        case _:
            return _ordered(leaf, column)


def _equals(path: tuple[str, ...], values: Sequence[Scalar], column: str) -> Q:
    """By containment, which the index answers. A scalar inside objects is contained only where it is the value."""
    joined = Q(**{f"{column}__contains": _nested(path, values[0])})
    for value in values[1:]:
        joined |= Q(**{f"{column}__contains": _nested(path, value)})
    return joined


def _nested(path: tuple[str, ...], value: object) -> dict[str, object]:
    for name in reversed(path[1:]):
        value = {name: value}
    return {path[0]: value}


def _ordered(leaf: Leaf, column: str) -> Q:
    compare = _ORDERS[leaf.op]
    if isinstance(leaf.value, str):
        # By the letters' numbers, whatever the database's own order is.
        return _of_kind("string", leaf.path, column, compare(Collate(_text(leaf.path, column), "C"), leaf.value))
    place = _place(leaf.path, column)
    return _of_kind("number", leaf.path, column, compare(place, Value(leaf.value, JSONField())))


def _of_kind(kind: str, path: tuple[str, ...], column: str, then: Any) -> Q:
    """`then`, of values of this kind; false of all others, and where there is none."""
    kind_there = Func(_place(path, column), function="jsonb_typeof", output_field=TextField())
    return Q(
        Case(
            When(Q(Exact(kind_there, kind)), then=Case(When(Q(then), then=Value(True)), default=Value(False))),
            default=Value(False),
            output_field=BooleanField(),
        )
    )


def _place(path: tuple[str, ...], column: str) -> Func:
    """`metadata -> 'customer' -> 'tier'`. With a text `->` knows properties only, never places in an array."""
    names = (Cast(Value(name), TextField()) for name in path)
    return Func(F(column), *names, template="(%(expressions)s)", arg_joiner=" -> ", output_field=JSONField())


def _text(path: tuple[str, ...], column: str) -> Func:
    """The value there, a text of its own without quotes."""
    return Func(_place(path, column), template="(%(expressions)s #>> '{}')", output_field=TextField())
