"""Where a connection's service is: its base URL with the variables filled in, and where a credential may be sent."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from accounts.errors import Fault, Invalid
from integrations.egress.targets import Origin, Target, read_target
from integrations.errors import EgressBlocked
from integrations.format.types import Connector, Variable
from integrations.patterns import read_whole_pattern

LONGEST_VARIABLE = 300

_PLACE = re.compile(r"\{([A-Za-z0-9_-]+)\}")
_DELIMITERS = frozenset("/?#@:\\")


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with the values in its `{places}`. Raises Invalid for one that has none."""
    return _PLACE.sub(lambda place: _value(place[1], values), template)


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise Invalid(f"The variable `{name}` is missing. Connect the service again, and enter it.")
    return values[name]


def read_variables(connector: Connector, entered: Mapping[str, str]) -> dict[str, str]:
    """Every variable that can be known by now, with defaults; those that come with a token are nobody's to enter.

    Raises Invalid with every fault.
    """
    faults = list(_faults(connector, entered))
    if faults:
        raise Invalid(f"{connector.name} cannot be reached with these variables. See `errors`.", faults=faults)
    given = {each.name: entered.get(each.name) or each.default for each in connector.variables if not each.kept}
    base_url_so_far(connector, given)
    return given


def keep_variables(connector: Connector, variables: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """The variables with those that came with a token. Raises Invalid when one of them is no such thing."""
    known = {each.name: each for each in connector.variables if each.kept}
    for name, value in kept.items():
        if name not in known or not _fits(connector, known[name], value):
            raise Invalid(f"{connector.name} sent a `{name}` with the token that its connector does not allow.")
    return {**variables, **kept}


def base_url(connector: Connector, variables: Mapping[str, str]) -> str:
    """Without a `/` at its end. Raises Invalid when the variables do not make an address that is called."""
    try:
        return _target(connector.base_url, variables).url.rstrip("/")
    except EgressBlocked as error:
        raise Invalid(f"The address of {connector.name} cannot be called. {error.message}") from error


def base_url_so_far(connector: Connector, variables: Mapping[str, str]) -> str:
    """The same; empty while a part of it comes with the first token only."""
    is_whole = all(each.name in variables for each in connector.variables if each.kept)
    return base_url(connector, variables) if is_whole else ""


def origins(connector: Connector, variables: Mapping[str, str]) -> frozenset[Origin]:
    """Scheme, host and port of wherever a credential of this connection may go."""
    hosts = (f"https://{host}" for host in connector.hosts)
    return frozenset(_target(place, variables).origin for place in (connector.base_url, *hosts))


def known_origins(templates: Iterable[str], variables: Mapping[str, str]) -> set[str]:
    """Of those URLs whose variables are known; not of those that cannot be called at all."""
    found = set()
    for template in templates:
        with suppress(EgressBlocked, Invalid):
            target = _target(template, variables)
            found.add(f"{target.scheme}://{target.host_header}")
    return found


def _target(template: str, variables: Mapping[str, str]) -> Target:
    return read_target(filled(template, variables))


def _faults(connector: Connector, entered: Mapping[str, str]) -> Iterator[Fault]:
    known = {each.name: each for each in connector.variables if not each.kept}
    for name in sorted(set(entered) - set(known)):
        yield Fault(f"$.variables.{name}", f"{connector.name} has no such variable to enter.")
    for name, variable in known.items():
        value = entered.get(name) or variable.default
        if not value:
            yield Fault(f"$.variables.{name}", f"Enter this{_for_example(variable)}.")
        elif not _fits(connector, variable, value):
            yield Fault(f"$.variables.{name}", f"This does not look right: enter it as asked{_for_example(variable)}.")


def _for_example(variable: Variable) -> str:
    return f", for example `{variable.example}`" if variable.example else ""


def _fits(connector: Connector, variable: Variable, value: object) -> bool:
    """Matched whole; and nothing ends the host name early, unless the variable is the whole origin."""
    if not isinstance(value, str) or len(value) > LONGEST_VARIABLE:
        return False
    if not read_whole_pattern(variable.pattern).finds(value):
        return False
    is_origin = connector.base_url.startswith(f"{{{variable.name}}}")
    return value.isprintable() and " " not in value and (is_origin or _DELIMITERS.isdisjoint(value))
