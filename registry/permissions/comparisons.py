"""Comparing an argument with what a rule names. A value of another kind than the rule's may match: see `fit.py`."""

from collections.abc import Callable, Sequence
from typing import Any

from registry.permissions.fit import Fit, Test, fit

Scalar = str | int | float | bool | None


def kind_of(value: Any) -> str:
    """JSON's kinds; Python would take True for 1."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def equal_to(wanted: Scalar) -> Test:
    kind = kind_of(wanted)
    return lambda value: fit(bool(value == wanted)) if kind_of(value) == kind else Fit.MAYBE


def one_of(wanted: Sequence[Scalar]) -> Test:
    kinds = {kind_of(each) for each in wanted}
    known = {(kind_of(each), each) for each in wanted}

    def test(value: Any) -> Fit:
        kind = kind_of(value)
        return fit((kind, value) in known) if kind in kinds else Fit.MAYBE

    return test


def ordered(compare: Callable[[Any, Any], bool], wanted: str | int | float) -> Test:
    """By size for numbers, letter by letter for strings, which is right for ISO dates."""
    kind = kind_of(wanted)
    return lambda value: fit(compare(value, wanted)) if kind_of(value) == kind else Fit.MAYBE


def containing(wanted: Scalar) -> Test:
    """Whether an array has this element, or a string this text in it."""
    is_element = equal_to(wanted)

    def test(value: Any) -> Fit:
        if isinstance(value, list):
            return max((is_element(each) for each in value), default=Fit.NO)
        return fit(wanted in value) if isinstance(value, str) and isinstance(wanted, str) else Fit.MAYBE

    return test
