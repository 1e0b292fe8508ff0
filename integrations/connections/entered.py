"""What a person entered to prove who calls: read against the way's JSON Schema, so that nothing odd is sealed."""

from collections.abc import Iterator, Mapping
from typing import NoReturn

from jsonschema_rs import Draft202012Validator

from accounts.errors import Fault, Invalid, NotFound
from integrations.connections.auth import scheme
from integrations.format.types import AuthWay, Connector
from integrations.patterns import PATTERN_OPTIONS

LONGEST_VALUE = 20_000
ONE_LINE = f"Enter one line of at most {LONGEST_VALUE:,} letters, without control characters."


def way_of(connector: Connector, name: str) -> AuthWay:
    """Raises NotFound naming the ways that there are."""
    way = connector.way(name)
    if way is None:
        ways = ", ".join(f"`{each.name}`" for each in connector.auth)
        raise NotFound(f"{connector.name} has no way `{name}` to prove who calls. There are: {ways}.")
    return way


def refuse_name(name: str) -> None:
    """Raises Invalid for one with letters that are not seen, or that turn others around."""
    if not name.isprintable():
        said = "Give a name of letters that can be seen, on one line."
        raise Invalid("A connection cannot be called that.", faults=[Fault("$.name", said)])


def refuse_end_user(connector: Connector, end_user: str) -> None:
    """Raise Invalid for an end user where the connector is for the tenant alone."""
    if end_user and not connector.per_user:
        fault = Fault("$.end_user", f"{connector.name} is connected once for the tenant: leave this out.")
        raise Invalid(f"End users cannot connect {connector.name} themselves.", faults=[fault])


def read_values(way: AuthWay, entered: Mapping[str, str]) -> dict[str, str]:
    """Raises Invalid with every fault; none repeats a value."""
    faults = list(_faults(way, entered)) or list(scheme(way.type).faults(way, entered))
    if faults:
        raise Invalid(f"“{way.title}” cannot be used like this. See `errors`; nothing was saved.", faults=faults)
    return dict(entered)


def _faults(way: AuthWay, entered: Mapping[str, str]) -> Iterator[Fault]:
    known = set(way.fields.get("properties", {}))
    for name in sorted(set(entered) - known):
        yield Fault(f"$.values.{name}", f"There is no such field. There are: {', '.join(sorted(known)) or 'none'}.")
    odd = sorted(name for name in known & set(entered) if not _is_sane(entered[name]))
    yield from (Fault(f"$.values.{name}", ONE_LINE) for name in odd)
    if not odd:
        for error in _validator(way).iter_errors({name: entered[name] for name in known & set(entered)}):
            place = ".".join(["$.values", *map(str, error.instance_path)])
            yield Fault(place, error.message[:1].upper() + error.message[1:])


def _is_sane(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_VALUE and not any(map(_is_control, value))


def _is_control(letter: str) -> bool:
    return letter < " " or "\x7f" <= letter <= "\x9f" or "\ud800" <= letter <= "\udfff"


def _validator(way: AuthWay) -> Draft202012Validator:
    return Draft202012Validator(
        dict(way.fields), retriever=_fetch_nothing, pattern_options=PATTERN_OPTIONS, mask="what was entered"
    )


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(f"{uri[:200]} is outside the schema.")
