"""From what was sent to a plan, or to everything that is wrong with it: nothing of a bad batch runs."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

from accounts.errors import Fault
from integrations.json_paths import json_path
from registry.batches.graph import find_circle
from registry.batches.references import check_number, check_reference, find_references
from registry.batches.types import PlannedCall
from registry.shaping.budget import FEWEST_TOKENS, MOST_TOKENS
from registry.shaping.fields import LONGEST_FIELD, MOST_FIELDS, check_fields
from registry.timeouts import LONGEST_TIMEOUT_MS

LONGEST_SPEC = 170
LONGEST_OPERATION = 100
MOST_FAULTS = 50

_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_spec(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_SPEC


def _is_timeout(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LONGEST_TIMEOUT_MS


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_fields(value: Any) -> bool:
    return _is_strings(value) and all(len(each) <= LONGEST_FIELD for each in value) and not check_fields(value)


def _is_budget(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and FEWEST_TOKENS <= value <= MOST_TOKENS


_Known: TypeAlias = Mapping[str, tuple[Callable[[Any], bool], str]]
"""Whether a field of a call is right, and the sentence that says what would be."""
_FIELDS: _Known = {
    "id": (_is_id, "Give 1 to 64 letters, digits, `_`, `.` or `-`."),
    "tool": (_is_spec, f"Give `slug` or `slug@range`, such as `crm-find@^1.2`, of at most {LONGEST_SPEC} characters."),
    "input": (lambda value: isinstance(value, dict), "Give an object: the tool's arguments by name."),
    "operation": (
        lambda value: isinstance(value, str) and len(value) <= LONGEST_OPERATION,
        f"Give the name of an operation, of at most {LONGEST_OPERATION} characters.",
    ),
    "timeout_ms": (_is_timeout, f"Give a whole number from 1 to {LONGEST_TIMEOUT_MS:,}."),
    "depends_on": (_is_strings, "Give a list of the ids of other calls."),
}
_SHAPE: _Known = {
    "fields": (_is_fields, f"Name 1 to {MOST_FIELDS} fields of the answer, such as `items[*].name`."),
    "max_tokens": (_is_budget, f"Give a whole number from {FEWEST_TOKENS} to {MOST_TOKENS:,}."),
}
"""What of the answer is told, where somebody is told it."""
_REQUIRED = ("id", "tool")


@dataclass(frozen=True)
class Reading:
    """What the calls of a batch are, and what is wrong with them. With faults, the calls are of no use."""

    calls: tuple[PlannedCall, ...] = ()
    faults: list[Fault] = field(default_factory=list)


def check_sources(value: Any, place: str, known: Collection[str]) -> Iterator[Fault]:
    """What is wrong with the references in a value, which may be to `known` sources."""
    for found in find_references(value, place):
        faults = check_reference(found)
        yield from faults
        if not faults and found.source not in known:
            yield _unknown(found.source, json_path(["$from"], found.place), known)


def read_calls(
    raw: Any, place: str, *, most: int, given: frozenset[str] = frozenset(), is_told: bool = False
) -> Reading:
    """The calls of a batch. `given` are sources for references that are no calls.

    Where each answer `is_told` to somebody, a call may say what of it is wanted.
    """
    if not isinstance(raw, list) or not 1 <= len(raw) <= most:
        return Reading(faults=[Fault(place, f"Give a list of 1 to {most} calls.")])
    known = {**_FIELDS, **_SHAPE} if is_told else _FIELDS
    forms = (fault for index, each in enumerate(raw) for fault in _form_faults(each, f"{place}[{index}]", known))
    faults = list(islice(forms, MOST_FAULTS)) or check_number(raw, place)
    faults = faults or list(islice(_meaning_faults(raw, place, given), MOST_FAULTS))
    if faults:
        return Reading(faults=faults)
    return Reading(calls=tuple(_read(each, given) for each in raw))


def _form_faults(raw: Any, place: str, known: _Known) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield Fault(place, "Give an object: a call with `id`, `tool` and `input`.")
        return
    for name in _REQUIRED:
        if name not in raw:
            yield Fault(f"{place}.{name}", f"This is missing. {_FIELDS[name][1]}")
    for name, value in raw.items():
        if name not in known:
            yield Fault(json_path([name], place), "There is no such field here. Leave it out, or check its spelling.")
        elif not known[name][0](value):
            yield Fault(f"{place}.{name}", known[name][1])


def _meaning_faults(raw: list[dict[str, Any]], place: str, given: frozenset[str]) -> Iterator[Fault]:
    ids: dict[str, int] = {}
    for index, call in enumerate(raw):
        first = ids.setdefault(call["id"], index)
        if first != index:
            yield Fault(
                f"{place}[{index}].id", f"The call at {place}[{first}] is named `{call['id']}`, too. Rename one."
            )
        if call["id"] in given:
            yield Fault(f"{place}[{index}].id", f"`{call['id']}` stands for something else here. Rename this call.")
    sound = True
    for index, call in enumerate(raw):
        for fault in _source_faults(call, f"{place}[{index}]", ids.keys(), given):
            sound = False
            yield fault
    if sound and (circle := find_circle({call["id"]: _needs(call, given) for call in raw})):
        yield _circle_fault(circle, ids, place)


def _source_faults(call: dict[str, Any], place: str, ids: Collection[str], given: frozenset[str]) -> Iterator[Fault]:
    others = dict.fromkeys(name for name in ids if name != call["id"])
    for number, needed in enumerate(call.get("depends_on", [])):
        if needed not in others:
            yield _unknown(needed, f"{place}.depends_on[{number}]", others, own=call["id"])
    for found in find_references(call.get("input", {}), f"{place}.input"):
        faults = check_reference(found)
        yield from faults
        if not faults and found.source not in others and found.source not in given:
            yield _unknown(found.source, json_path(["$from"], found.place), [*others, *given], own=call["id"])


def _unknown(needed: str, place: str, known: Collection[str], own: str = "") -> Fault:
    if needed == own:
        return Fault(place, f"`{own}` cannot wait for itself. Name another call.")
    hint = f"Name one of: {', '.join(list(known)[:20])}." if known else "There are no others."
    return Fault(place, f"There is no call `{needed[:64]}` here. {hint}")


def _circle_fault(circle: list[str], ids: Mapping[str, int], place: str) -> Fault:
    way = " → ".join(f"`{name}`" for name in circle)
    return Fault(f"{place}[{ids[circle[0]]}]", f"These calls wait for each other in a circle: {way}. Break it.")


def _needs(call: Mapping[str, Any], given: frozenset[str]) -> frozenset[str]:
    return frozenset([*call.get("depends_on", []), *_referred(call)]) - given


def _referred(call: Mapping[str, Any]) -> list[str]:
    return [found.source for found in find_references(call.get("input", {}), "$")]


def _read(raw: Mapping[str, Any], given: frozenset[str]) -> PlannedCall:
    slug, _, version = raw["tool"].partition("@")
    return PlannedCall(
        id=raw["id"],
        tool=slug,
        version=version,
        input=raw.get("input", {}),
        operation=raw.get("operation", ""),
        timeout_ms=raw.get("timeout_ms"),
        fields=tuple(raw.get("fields", ())),
        max_tokens=raw.get("max_tokens"),
        needs=_needs(raw, given),
        is_literal=not _referred(raw),
    )
