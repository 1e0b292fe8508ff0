"""What somebody says of a memory, read: every field as it is stored, or every fault at once."""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.utils import timezone

from accounts.caller import Actor, Caller
from accounts.errors import Fault, Invalid
from memory.limits import (
    DEEPEST_METADATA,
    LARGEST_CONTENT_BYTES,
    LARGEST_METADATA_BYTES,
    LONGEST_END_USER,
    LONGEST_KIND,
    LONGEST_SOURCE,
    LONGEST_TAG,
    MOST_TAGS,
    MOST_UNKNOWN,
)
from memory.models import Trust
from memory.namespaces import DEFAULT_NAMESPACE, read_namespace

Facts = dict[str, Any]
"""The fields of a memory that somebody may name, as they are stored; and `vector`, which is stored apart."""

DEFAULTS: Mapping[str, Any] = {
    "namespace": DEFAULT_NAMESPACE,
    "kind": "fact",
    "metadata": {},
    "tags": [],
    "source": "",
    "end_user": "",
    "valid_from": None,
    "valid_to": None,
    "expires_at": None,
}
_KIND = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_KIND - 1}}}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Unfit(Exception):
    """A value is not what its field needs. Its text says what would be right."""

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(why)
        self.fault = (where, why)


def read_facts(facts: Mapping[str, Any], *, by: Actor, whole: bool) -> Facts:
    """`whole`: of a new memory, with the default of each field that is not named; else only what is named.

    Raises Invalid with a fault for each field that is missing or not as it has to be, and for the first unknown ones.
    """
    read: Facts = {**DEFAULTS, "trust": default_trust(by)} if whole else {}
    faults = [Fault("$.content", "This is needed.")] if whole and "content" not in facts else []
    unknown = unknown_faults(facts, _READERS, path="$.")
    for name, value in facts.items():
        if name not in _READERS:
            faults += unknown.get(name, ())
            continue
        try:
            read[name] = _READERS[name](value)
        except Unfit as unfit:
            where, why = unfit.fault
            faults.append(Fault(f"$.{name}{where}", why))
        except Invalid as refused:
            faults += refused.faults
    faults += _trust_faults(facts, by)
    faults += time_faults(read) if not faults else []
    if faults:
        raise Invalid("This is not what a memory may say. See `errors`.", faults=faults)
    return read


def unknown_faults(given: Iterable[str], known: Collection[str], *, path: str) -> dict[str, tuple[Fault]]:
    """By their names, of no more than MOST_UNKNOWN: a body has room for many, and each would be told in a sentence."""
    said = f"There is no such field. There are: {', '.join(sorted(known))}."
    unknown = islice((name for name in given if name not in known), MOST_UNKNOWN)
    return {name: (Fault(f"{path}{name}", said),) for name in unknown}


def differ(one: Any, other: Any) -> bool:
    """Whether these are two values in JSON, too: in Python `true` equals 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() != other.keys() or any(differ(inner, other[name]) for name, inner in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) != len(other) or any(map(differ, one, other))
    return isinstance(one, bool) != isinstance(other, bool) or bool(one != other)


def is_agent(by: Actor) -> bool:
    return isinstance(by, Caller) and by.agent_id is not None


def default_trust(by: Actor) -> Trust:
    return Trust.AGENT if is_agent(by) else Trust.TRUSTED


def time_faults(facts: Mapping[str, Any]) -> list[Fault]:
    """Of times that are right each for itself."""
    begin, end = facts.get("valid_from"), facts.get("valid_to")
    if begin is not None and end is not None and end <= begin:
        return [Fault("$.valid_to", "Give a time after `valid_from`.")]
    return []


def _trust_faults(facts: Mapping[str, Any], by: Actor) -> list[Fault]:
    if is_agent(by) and facts.get("trust") == Trust.TRUSTED:
        return [Fault("$.trust", "Only a person can say that a memory is to be trusted. Give `agent` or `untrusted`.")]
    return []


def _text(longest: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit("Give a text.")
        refuse_unstorable(value)
        if len(value) > longest:
            raise Unfit(f"Give at most {longest} characters.")
        return value

    return read


def _content(value: Any) -> str:
    if not isinstance(value, str) or is_blank(value):
        raise Unfit("Give a text that is not empty.")
    refuse_unstorable(value)
    size = len(value.encode())
    if size > LARGEST_CONTENT_BYTES:
        raise Unfit(f"Give at most {LARGEST_CONTENT_BYTES:,} bytes (this is {size:,}), or make several memories of it.")
    return value


def is_blank(text: str) -> bool:
    """Whether nothing of it is seen: white space, and characters without width such as U+200B."""
    return all(sign.isspace() or unicodedata.category(sign) == "Cf" for sign in text)


def refuse_unstorable(text: str) -> None:
    if _UNSTORABLE.search(text):
        raise Unfit("Give Unicode text without the character NUL and without halves of surrogate pairs.")


def _kind(value: Any) -> str:
    if not isinstance(value, str) or not _KIND.fullmatch(value):
        raise Unfit(
            f"Give 1 to {LONGEST_KIND} small letters, digits, `-` and `_`, of which the first is a letter or a digit."
        )
    return value


def _namespace(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit("Give a path, such as `projects/apollo`.")
    return read_namespace(value)


def _tags(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise Unfit("Give a list of texts.")
    for index, tag in enumerate(value):
        if not isinstance(tag, str) or not 1 <= len(tag) <= LONGEST_TAG or _UNSTORABLE.search(tag):
            raise Unfit(f"Give a text of 1 to {LONGEST_TAG} characters.", f"[{index}]")
    tags = list(dict.fromkeys(value))
    if len(tags) > MOST_TAGS:
        raise Unfit(f"Give at most {MOST_TAGS} tags.")
    return tags


def _metadata(value: Any) -> dict[str, Any]:
    return read_metadata(value, largest=LARGEST_METADATA_BYTES)


def read_metadata(value: Any, *, largest: int) -> dict[str, Any]:
    """The same object. `largest`: its bytes, with all the zeros that PostgreSQL gives a number. Raises Unfit."""
    if not isinstance(value, dict):
        raise Unfit("Give an object.")
    zeros = _check_values(value)
    try:
        size = zeros + len(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
    except (TypeError, ValueError):
        raise Unfit("Give what JSON can say: no NaN and no infinite number.") from None
    if size > largest:
        raise Unfit(f"Give at most {largest:,} bytes of JSON; this is {size:,}.")
    return value


def _check_values(value: Any) -> int:
    """How many bytes its numbers such as 1e300 take more, written out. Raises Unfit."""
    todo, zeros = list[tuple[Any, int]]([(value, 1)]), 0
    while todo:
        inner, depth = todo.pop()
        if isinstance(inner, dict | list | tuple):
            if depth > DEEPEST_METADATA:
                raise Unfit(f"Put at most {DEEPEST_METADATA} objects and lists inside one another.")
            todo += [(child, depth + 1) for child in inner]
            todo += [(child, depth + 1) for child in inner.values()] if isinstance(inner, dict) else []
        elif isinstance(inner, str):
            refuse_unstorable(inner)
        elif isinstance(inner, float) and "e" in (short := repr(inner)):
            zeros += len(f"{Decimal(short):f}") - len(short)
    return zeros


def _trust(value: Any) -> str:
    if not isinstance(value, str) or value not in Trust.values:
        raise Unfit(f"Give one of {', '.join(Trust.values)}.")
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else _parsed(value)
    if moment is None or moment.tzinfo is None:
        raise Unfit("Give a time with its offset, such as `2026-11-30T14:05:00Z`.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Unfit("Give a time in the years 1 to 9999, in UTC.") from None


def _parsed(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _end(value: Any) -> datetime | None:
    moment = _moment(value)
    if moment is not None and moment <= timezone.now():
        raise Unfit("Give a time that is still to come.")
    return moment


def _vector(value: Any) -> Any:
    """How many numbers it has to have, the model says: it is looked at where the model is known."""
    if value is not None and not isinstance(value, list | tuple):
        raise Unfit("Give a list of numbers.")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "namespace": _namespace,
    "kind": _kind,
    "content": _content,
    "metadata": _metadata,
    "tags": _tags,
    "source": _text(LONGEST_SOURCE),
    "trust": _trust,
    "end_user": _text(LONGEST_END_USER),
    "valid_from": _moment,
    "valid_to": _moment,
    "expires_at": _end,
    "vector": _vector,
}
