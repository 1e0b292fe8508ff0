"""Reading what is asked: fields by name, every fault at once, nothing unknown ignored."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from accounts.errors import Fault, Invalid
from memory.content import Unfit, refuse_unstorable, unknown_faults

USUAL_WAIT_MS = 2_000
LONGEST_WAIT_MS = 10_000
"""How long a write waits for its vectors before it is answered without them."""

Reader: TypeAlias = Callable[[Any], Any]
"""A value as it is used. Raises Unfit."""
Readers: TypeAlias = Mapping[str, Reader]


def read_fields_of(given: Any, readers: Readers, *, needed: Collection[str] = (), path: str = "$") -> dict[str, Any]:
    """What is given of these fields. `path` is empty for query parameters.

    Raises Invalid with every fault; of unknown fields with the first ones.
    """
    if not isinstance(given, Mapping):
        raise Invalid(faults=[Fault(path, "Give an object.")])
    read: dict[str, Any] = {}
    faults = [Fault(below(path, name), "This is needed.") for name in needed if name not in given]
    unknown = unknown_faults(given, readers, path=below(path, ""))
    for name, value in given.items():
        if name not in readers:
            faults += unknown.get(name, ())
            continue
        try:
            read[name] = readers[name](value)
        except Unfit as unfit:
            where, why = unfit.fault
            faults.append(Fault(f"{below(path, name)}{where}", why))
        except Invalid as refused:
            # What a reader of its own finds wrong, it finds below its value.
            faults += [
                Fault(f"{below(path, name)}{each.path.removeprefix('$')}", each.message) for each in refused.faults
            ]
    if faults:
        raise Invalid(faults=faults)
    return read


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def an_id(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    try:
        # Of the ways to write one only the usual: others would be read as something that nobody has seen.
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise Unfit("Give an id, such as `0198f4de-8b1c-7c3a-9d57-2f1f6a0f5b11`.")


def a_flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("Give true or false.")
    return value


def a_number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Unfit(f"Give a whole number from {least:,} to {most:,}.")
        number: int = value
        return number

    return read


def a_text(longest: int) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise Unfit(f"Give a text of at most {longest} characters.")
        refuse_unstorable(value)
        return value

    return read


def texts(most: int, longest: int) -> Reader:
    reader = a_text(longest)

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or len(value) > most:
            raise Unfit(f"Give a list of at most {most} texts.")
        return tuple(reader(each) for each in value)

    return read


def one_of(words: Collection[str]) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Unfit(f"Give one of {', '.join(words)}.")
        return value

    return read


def a_moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise Unfit("Give a time with its offset, such as `2026-11-30T14:05:00Z`.")


WAIT: Readers = {"wait_ms": a_number(0, LONGEST_WAIT_MS)}
a_version = a_number(1, 2**31 - 1)


def split_wait(given: Any) -> tuple[dict[str, Any], int]:
    """What is asked without `wait_ms`, and that. Raises Invalid."""
    if not isinstance(given, Mapping):
        raise Invalid(faults=[Fault("$", "Give an object.")])
    rest = {name: value for name, value in given.items() if name != "wait_ms"}
    waits = {"wait_ms": given["wait_ms"]} if "wait_ms" in given else {}
    read = read_fields_of(waits, WAIT)
    return rest, read.get("wait_ms", USUAL_WAIT_MS)
