"""A route's conditions on an event's document: the language of permission rules, and why one does not hold.

A route matches what fits for certain. So a path that leads nowhere and a value of another kind do not match it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accounts.errors import Fault
from registry.permissions.conditions import check_conditions, read_condition
from registry.permissions.fit import Fit
from registry.permissions.paths import MISSING, MOST_VALUES, TooManyValues, read_argument_path
from registry.permissions.sentences import say_condition
from webhooks.events.document import NAMES

MOST_CONDITIONS = 20


def why_not(given: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    """Why a condition does not hold, without any value of the event; empty: it holds."""
    condition = read_condition(given)
    if condition.certainly(document):
        return ""
    said = say_condition(given)
    try:
        found = condition.path.values(document)
    except TooManyValues:
        return f"{said}: its path leads to more than {MOST_VALUES:,} values."
    if not found or (MISSING in found and not condition.judges_absence):
        return f"{said}: there is nothing at this path."
    if any(condition.test(value) is Fit.NO for value in found):
        return f"{said}: this does not hold{' for all of them' if len(found) > 1 else ''}."
    return f"{said}: this cannot be told, because a value is of another kind, or too long."


def condition_faults(where: str, given: Any) -> Iterator[Fault]:
    yield from list(check_conditions(where, given, most=MOST_CONDITIONS)) or _root_faults(where, given)


def _root_faults(where: str, conditions: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    for index, condition in enumerate(conditions):
        first, *_ = (*read_argument_path(condition["path"]).parts, None)
        if first not in NAMES:
            sentence = f"An event has {', '.join(NAMES)}. Begin with one of them, such as `$.body.amount`."
            yield Fault(f"{where}[{index}].path", sentence)
