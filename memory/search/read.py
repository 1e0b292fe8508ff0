"""A search as somebody asks for it, in JSON or as a tool's input. REST, tools and the command all read it here."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from accounts.errors import Fault, Invalid
from integrations.embedding.vectors import checked
from memory.content import is_blank
from memory.limits import LONGEST_END_USER, LONGEST_KIND, LONGEST_TAG, MOST_HITS, MOST_TAGS
from memory.models import Trust
from memory.namespaces import read_subtree
from memory.search.conditions import Condition, read_condition
from memory.search.limits import FEWEST_TOKENS, LONGEST_QUERY, LONGEST_VECTOR, MOST_EXPANDED, MOST_FAULTS, MOST_KINDS
from memory.search.shown import HIT_FIELDS
from memory.search.texts import is_storable
from memory.search.types import Mode, SearchRequest
from registry.shaping.budget import MOST_TOKENS


class _Unfit(Exception):
    """A value is not what its field needs. Its text says what would be right."""


def read_request(given: object) -> SearchRequest:
    """The request, or Invalid with what is wrong with it, as far as that is told."""
    if not isinstance(given, Mapping):
        raise Invalid(faults=[Fault("$", 'Give an object, such as {"query": "what is planned"}.')])
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in given.items():
        if len(faults) >= MOST_FAULTS:
            break
        known = _FIELDS.get(name)
        if known is None:
            faults.append(Fault(f"$.{name}", f"There is no such field. There are: {', '.join(sorted(_FIELDS))}."))
            continue
        field, reader = known
        try:
            read[field] = reader(value)
        except _Unfit as unfit:
            faults.append(Fault(f"$.{name}", str(unfit)))
        except Invalid as refused:
            faults += refused.faults
    faults += _combined_faults(given, read)
    if faults:
        raise Invalid("This is no search. See `errors`.", faults=faults[:MOST_FAULTS])
    return SearchRequest(**read)


def _combined_faults(given: Mapping[Any, Any], read: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the fields beside one another."""
    faults = []
    words, vector = given.get("query") is not None, given.get("vector") is not None
    if not words and not vector:
        faults.append(Fault("$.query", "Give a `query`, or a `vector`."))
    elif read.get("mode") is Mode.KEYWORD and not words:
        faults.append(Fault("$.query", "Give a `query`: this mode looks for words."))
    if read.get("mode") is Mode.KEYWORD and vector:
        faults.append(Fault("$.vector", "Leave this out: this mode looks for words alone."))
    if read.get("any_time") and read.get("valid_at") is not None:
        faults.append(Fault("$.any_time", "Leave this out, or `valid_at`: one of them decides."))
    return faults


def _query(value: object) -> str | None:
    if value is None:
        return None
    if not (isinstance(value, str) and not is_blank(value) and len(value) <= LONGEST_QUERY and is_storable(value)):
        raise _Unfit(f"Give a text of 1 to {LONGEST_QUERY} characters, none of them U+0000 or half of a character.")
    return value


def _vector(value: object) -> tuple[float, ...] | None:
    """How long it has to be is known only with the model."""
    if value is None:
        return None
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= LONGEST_VECTOR:
        raise _Unfit(f"Give a list of 1 to {LONGEST_VECTOR} numbers: as many as the vectors of the model have.")
    return tuple(checked(value, len(value), path="$.vector"))


def _whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _Unfit(f"Give a whole number from {least} to {most}.")
        return value

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("Give true or false.")
    return value


def _namespace(value: object) -> str:
    if not isinstance(value, str):
        raise _Unfit("Give a text, such as `projects/apollo`; an empty one means everywhere.")
    return read_subtree(value)


def _texts(most: int, longest: int) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        if (
            not isinstance(value, list | tuple)
            or len(value) > most
            or not all(_is_text(each, longest) for each in value)
        ):
            raise _Unfit(f"Give a list of up to {most} texts of 1 to {longest} characters.")
        return tuple(dict.fromkeys(value))

    return read


def _one_or_more(most: int, longest: int) -> Callable[[object], tuple[str, ...]]:
    several = _texts(most, longest)

    def read(value: object) -> tuple[str, ...]:
        return () if value is None else several([value] if isinstance(value, str) else value)

    return read


def _trust(value: object) -> tuple[str, ...]:
    found = _one_or_more(len(Trust), LONGEST_KIND)(value)
    if any(each not in Trust.values for each in found):
        raise _Unfit(f"Give one or more of: {', '.join(Trust.values)}.")
    return found


def _end_user(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _is_text(value, LONGEST_END_USER):
        raise _Unfit(f"Give a text of 1 to {LONGEST_END_USER} characters.")
    return value


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= longest and is_storable(value)


def _where(value: object) -> Condition | None:
    return None if value is None else read_condition(value)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parse_datetime(value) if isinstance(value, str) else value
        if isinstance(moment, datetime) and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # no such day, or beyond the year 9999 in UTC
    raise _Unfit("Give a time with its zone: 2030-01-31T12:00:00Z.")


def _mode(value: object) -> Mode:
    if not isinstance(value, str) or value not in set(Mode):
        raise _Unfit(f"Give one of: {', '.join(Mode)}.")
    return Mode(value)


def _max_tokens(value: object) -> int | None:
    return None if value is None else _whole(FEWEST_TOKENS, MOST_TOKENS)(value)


def _fields(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or any(name not in HIT_FIELDS for name in map(str, value)):
        raise _Unfit(f"Give a list of some of: {', '.join(HIT_FIELDS)}.")
    return tuple(dict.fromkeys(map(str, value)))


_FIELDS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "query": ("query", _query),
    "vector": ("vector", _vector),
    "limit": ("limit", _whole(1, MOST_HITS)),
    "namespace": ("subtree", _namespace),
    "tags": ("tags", _texts(MOST_TAGS, LONGEST_TAG)),
    "kind": ("kinds", _one_or_more(MOST_KINDS, LONGEST_KIND)),
    "where": ("where", _where),
    "valid_at": ("valid_at", _moment),
    "any_time": ("any_time", _flag),
    "trust": ("trust", _trust),
    "end_user": ("end_user", _end_user),
    "mode": ("mode", _mode),
    "expand_links": ("expand_links", _whole(0, MOST_EXPANDED)),
    "max_tokens": ("max_tokens", _max_tokens),
    "fields": ("fields", _fields),
    "explain": ("explain", _flag),
}
"""By the name on the wire: the field of the request, and how its value is read."""
