"""Conditions on a call's arguments: `{"path": "$.amount", "op": "gt", "value": 1000}`, read once, judged per call."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from accounts.errors import Fault
from integrations.patterns import BadPattern, read_pattern
from registry.permissions import validators
from registry.permissions.commands import BadPrefix, begins_with, read_prefix
from registry.permissions.comparisons import containing, equal_to, kind_of, one_of, ordered
from registry.permissions.domains import BadDomain, in_domains, read_domain
from registry.permissions.files import in_files, read_file_pattern
from registry.permissions.fit import Fit, Test, cannot_tell, fit
from registry.permissions.paths import (
    MISSING,
    ArgumentPath,
    BadArgumentPath,
    TooManyValues,
    read_argument_path,
)
from registry.permissions.regex import TooLong, finds

MOST_ALTERNATIVES = 100
LONGEST_VALUE = 1_000
FIELDS = frozenset({"path", "op", "value", "not"})


class BadValue(ValueError):
    """A condition's value does not suit its `op`. Its text is a sentence that says what would."""


@dataclass(frozen=True)
class Condition:
    path: ArgumentPath
    test: Test
    judges_absence: bool = False
    """Whether the test wants to see what is missing, too."""

    def certainly(self, values: Mapping[str, Any]) -> bool:
        """Whether all that the path leads to fits for certain, and there is something."""
        fits = self._fits(values)
        return bool(fits) and min(fits) is Fit.YES

    def possibly(self, values: Mapping[str, Any]) -> bool:
        """Whether any of it may fit."""
        return any(each is not Fit.NO for each in self._fits(values))

    def _fits(self, values: Mapping[str, Any]) -> list[Fit]:
        try:
            return [self._judge(value) for value in self.path.values(values)]
        except TooManyValues:
            return [Fit.MAYBE]

    def _judge(self, value: Any) -> Fit:
        return Fit.MAYBE if value is MISSING and not self.judges_absence else self.test(value)


def _exists(value: Any) -> Test:
    if not isinstance(value, bool):
        raise BadValue("Give true or false.")
    return lambda found: fit((found is not MISSING) is value)


def _equal(value: Any) -> Test:
    return equal_to(_scalar(value))


def _unequal(value: Any) -> Test:
    return _opposite(equal_to(_scalar(value)))


def _one_of(value: Any) -> Test:
    return one_of([_scalar(each) for each in _alternatives(value, listed=True)])


def _none_of(value: Any) -> Test:
    return _opposite(_one_of(value))


def _compared(compare: Callable[[Any, Any], bool], value: Any) -> Test:
    if kind_of(value) not in {"number", "string"}:
        raise BadValue("Give a number, or a string to be compared letter by letter.")
    return ordered(compare, _scalar(value))


def _contains(value: Any) -> Test:
    return containing(_scalar(value))


def _matches(value: Any) -> Test:
    if not isinstance(value, str) or not value:
        raise BadValue("Give a regular expression as a string.")
    pattern = read_pattern(value)

    def test(found: Any) -> Fit:
        try:
            return fit(finds(pattern, found)) if isinstance(found, str) else Fit.MAYBE
        except (TooLong, UnicodeError):
            return Fit.MAYBE

    return test


def _file_pattern(value: Any) -> Test:
    return in_files([read_file_pattern(each) for each in _texts(value)])


def _command_prefix(value: Any) -> Test:
    return begins_with([read_prefix(each) for each in _texts(value)])


def _domain(value: Any) -> Test:
    return in_domains([read_domain(each) for each in _texts(value)])


def _validator(value: Any) -> Test:
    if value not in validators.names():
        known = ", ".join(validators.names()) or "none"
        raise BadValue(f"Give the name of a validator. There are: {known}.")
    return partial(validators.judge, value)


OPS: dict[str, Callable[[Any], Test]] = {
    "eq": _equal,
    "ne": _unequal,
    "lt": partial(_compared, operator.lt),
    "le": partial(_compared, operator.le),
    "gt": partial(_compared, operator.gt),
    "ge": partial(_compared, operator.ge),
    "in": _one_of,
    "not_in": _none_of,
    "exists": _exists,
    "contains": _contains,
    "matches": _matches,
    "file_pattern": _file_pattern,
    "command_prefix": _command_prefix,
    "domain": _domain,
    "validator": _validator,
}


def _opposite(test: Test) -> Test:
    return lambda value: test(value).opposite


def _scalar(value: Any) -> Any:
    if isinstance(value, dict | list) or len(str(value)) > LONGEST_VALUE:
        raise BadValue(f"Give a string of at most {LONGEST_VALUE:,} characters, a number, true, false or null.")
    return value


def _alternatives(value: Any, *, listed: bool) -> Sequence[Any]:
    given = value if isinstance(value, list) or listed else [value]
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_ALTERNATIVES:
        raise BadValue(f"Give a list of 1 to {MOST_ALTERNATIVES} values.")
    return given


def _texts(value: Any) -> Sequence[str]:
    given = _alternatives(value, listed=False)
    if not all(isinstance(each, str) and each for each in given):
        raise BadValue("Give a string, or a list of strings of which one has to fit.")
    return given


def read_condition(given: Mapping[str, Any]) -> Condition:
    """A condition that was checked. What cannot be read any more (an app took its validator away) may always match."""
    path = read_argument_path(given["path"])
    try:
        test = OPS[given["op"]](given.get("value", True))
    except ValueError:
        return Condition(path, cannot_tell)
    return Condition(path, _opposite(test) if given.get("not") else test, judges_absence=given["op"] == "exists")


def check_conditions(where: str, given: object, *, most: int) -> Iterator[Fault]:
    """What is wrong with a rule's conditions, each fault with its path."""
    if not isinstance(given, list) or len(given) > most:
        yield Fault(where, f"Give a list of at most {most} conditions.")
        return
    for index, condition in enumerate(given):
        yield from _check_condition(f"{where}[{index}]", condition)


def _check_condition(where: str, given: object) -> Iterator[Fault]:
    if not isinstance(given, dict):
        yield Fault(where, 'Give an object such as {"path": "$.amount", "op": "gt", "value": 1000}.')
        return
    for name in sorted(set(given) - FIELDS):
        yield Fault(f"{where}.{name}", f"There is no such field here. Known: {', '.join(sorted(FIELDS))}.")
    if not isinstance(given.get("not", False), bool):
        yield Fault(f"{where}.not", "Give true or false.")
    yield from _check_path(f"{where}.path", given.get("path"))
    yield from _check_test(where, given)


def _check_path(where: str, path: object) -> Iterator[Fault]:
    if not isinstance(path, str):
        yield Fault(where, "Give a JSON path, such as `$.items[*].amount`.")
        return
    try:
        read_argument_path(path)
    except BadArgumentPath as error:
        yield Fault(where, str(error))


def _check_test(where: str, given: Mapping[str, Any]) -> Iterator[Fault]:
    op = given.get("op")
    if not isinstance(op, str) or op not in OPS:
        yield Fault(f"{where}.op", f"Give one of: {', '.join(OPS)}.")
    elif "value" not in given and op != "exists":
        yield Fault(f"{where}.value", "This is needed.")
    else:
        try:
            OPS[op](given.get("value", True))
        except (BadValue, BadPattern, BadPrefix, BadDomain) as error:
            yield Fault(f"{where}.value", str(error))
