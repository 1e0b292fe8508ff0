"""Conditions on metadata: `{"path": "customer.tier", "op": "eq", "value": "gold"}`, and `and`, `or`, `not` of such.

Each is true or false of every memory, whatever its metadata: where a path leads nowhere, or to a value of another
kind, a comparison is false. `memory/search/matching.py` makes queries of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, TypeAlias

from accounts.errors import Fault, Invalid
from memory.limits import DEEPEST_METADATA
from memory.search.limits import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_CONDITIONS,
    MOST_FAULTS,
    MOST_LEVELS,
    MOST_VALUES,
)
from memory.search.texts import is_storable

Scalar: TypeAlias = str | int | float | bool | None


class Op(StrEnum):
    EQ = "eq"
    NE = "ne"
    IN = "in"
    NOT_IN = "not_in"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    CONTAINS = "contains"
    """An array that has this element."""
    HAS_TEXT = "has_text"
    """A text that this one occurs in, letter by letter."""
    EXISTS = "exists"


@dataclass(frozen=True)
class Leaf:
    path: tuple[str, ...]
    """Names of properties, from the outside in."""
    op: Op
    value: Any


@dataclass(frozen=True)
class All:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


Condition: TypeAlias = Leaf | All | AnyOf | Not

_LARGEST = 1.7976931348623157e308
_ORDERS = {Op.GT, Op.GE, Op.LT, Op.LE}
_WORDS = ("and", "or", "not")


def read_condition(given: object, *, path: str = "$.where") -> Condition:
    """The condition. Raises Invalid with its faults, as many as are told."""
    reader = _Reader()
    condition = reader.read(given, path, MOST_LEVELS)
    faults = reader.faults[:MOST_FAULTS]
    if reader.leaves > MOST_CONDITIONS:
        faults.append(Fault(path, f"Give at most {MOST_CONDITIONS} conditions in all."))
    if faults or condition is None:
        raise Invalid(faults=faults)
    return condition


class _Reader:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.leaves = 0

    def read(self, given: object, path: str, levels: int) -> Condition | None:
        """None: there is a fault in it, or there were so many before that nobody reads on."""
        if self.leaves > MOST_CONDITIONS or len(self.faults) >= MOST_FAULTS:
            return None
        if not isinstance(given, Mapping):
            return self._refuse(path, 'Give an object, such as {"path": "customer.tier", "op": "eq", "value": "gold"}.')
        if levels == 0:
            return self._refuse(path, f"Give at most {MOST_LEVELS} conditions inside one another.")
        words = [word for word in _WORDS if word in given]
        if not words:
            return self._leaf(given, path)
        if len(given) > 1:
            return self._refuse(path, f"`{words[0]}` stands by itself. Put what is beside it inside.")
        if words == ["not"]:
            part = self.read(given["not"], f"{path}.not", levels - 1)
            return None if part is None else Not(part)
        return self._joined(words[0], given[words[0]], path, levels)

    def _joined(self, word: str, given: object, path: str, levels: int) -> Condition | None:
        if not isinstance(given, list | tuple) or not given:
            return self._refuse(f"{path}.{word}", "Give a list of one or more conditions.")
        if len(given) > MOST_CONDITIONS:
            return self._refuse(f"{path}.{word}", f"Give at most {MOST_CONDITIONS} conditions in all.")
        read = [self.read(part, f"{path}.{word}[{index}]", levels - 1) for index, part in enumerate(given)]
        parts = tuple(part for part in read if part is not None)
        if len(parts) < len(read):
            return None
        return All(parts) if word == "and" else AnyOf(parts)

    def _leaf(self, given: Mapping[Any, Any], path: str) -> Leaf | None:
        self.leaves += 1
        before = len(self.faults)
        for name in islice((name for name in given if name not in {"path", "op", "value"}), MOST_FAULTS):
            self._fault(f"{path}.{name}", "There is no such field here. There are `path`, `op` and `value`.")
        place = self._place(given.get("path"), f"{path}.path")
        op = self._op(given.get("op"), f"{path}.op")
        if op is not None:
            self._check_value(op, given, f"{path}.value")
        if len(self.faults) > before or op is None:
            return None
        value = given["value"]
        return Leaf(place, op, tuple(value) if op in {Op.IN, Op.NOT_IN} else value)

    def _place(self, given: object, path: str) -> tuple[str, ...]:
        names = given.removeprefix("$.").split(".") if isinstance(given, str) else given
        if not isinstance(names, list | tuple) or not 1 <= len(names) <= DEEPEST_METADATA:
            names = ()
        good = all(isinstance(name, str) and 1 <= len(name) <= LONGEST_NAME and is_storable(name) for name in names)
        if not names or not good:
            self._fault(
                path,
                f"Give 1 to {DEEPEST_METADATA} names of properties with dots between them, such as `customer.tier`, "
                'or as a list where a name has a dot in it: ["customer", "tier.2"].',
            )
            return ()
        return tuple(names)

    def _op(self, given: object, path: str) -> Op | None:
        try:
            return Op(given)  # type: ignore[arg-type]
        except ValueError:
            self._fault(path, f"Give one of: {', '.join(Op)}.")
            return None

    def _check_value(self, op: Op, given: Mapping[Any, Any], path: str) -> None:
        value = given.get("value")
        if "value" not in given:
            self._fault(path, "Give what to compare with.")
        elif op is Op.EXISTS:
            if not isinstance(value, bool):
                self._fault(path, "Give true or false.")
        elif op in {Op.IN, Op.NOT_IN}:
            self._check_values(value, path)
        elif not _is_scalar(value):
            self._fault(path, f"Give a text of up to {LONGEST_VALUE} characters, a number, true, false or null.")
        elif op in _ORDERS and not _is_ordered(value):
            self._fault(path, "Give a number or a text: nothing else has an order.")
        elif op is Op.HAS_TEXT and not (isinstance(value, str) and value):
            self._fault(path, "Give a text that is not empty.")

    def _check_values(self, values: object, path: str) -> None:
        if not isinstance(values, list | tuple) or not 1 <= len(values) <= MOST_VALUES:
            self._fault(path, f"Give a list of 1 to {MOST_VALUES} values.")
            return
        for index, value in enumerate(values):
            if not _is_scalar(value):
                self._fault(
                    f"{path}[{index}]",
                    f"Give a text of up to {LONGEST_VALUE} characters, a number, true, false or null.",
                )

    def _refuse(self, path: str, message: str) -> Condition | None:
        self._fault(path, message)
        return None

    def _fault(self, path: str, message: str) -> None:
        self.faults.append(Fault(path, message))


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_VALUE and is_storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return abs(value) <= _LARGEST  # which NaN is not
    return value is None or isinstance(value, bool)


def _is_ordered(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
