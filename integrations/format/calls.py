"""From one call of an action (or a step of it) to the definition that the http transport takes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.format.defaults import WITHOUT_BODY

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ALIKE = ("body_mapping", "graphql", "renamed", "idempotency_header")


@dataclass(frozen=True)
class Parameter:
    """Where one property of the input goes."""

    property: str
    name: str
    """On the wire."""
    place: str
    """path, query, header, body, or content: it is the body."""
    style: str = ""


def read_call(call: str, *, usual: str = "GET") -> tuple[str, str]:
    """Method and URL of `POST /users/{id}`, of `POST`, and of `/users`, which is of the usual method."""
    first, _, rest = call.strip().partition(" ")
    return (usual, call.strip()) if first.startswith(("/", "http")) else (first, rest.strip())


def place_parameters(
    written: Mapping[str, Mapping[str, Any]], *, method: str, url: str, graphql: bool = False
) -> tuple[Parameter, ...]:
    """Each where it says, or where a parameter like it usually goes."""
    in_the_path = set(PLACEHOLDER.findall(url))
    usual = "query" if method in WITHOUT_BODY and not graphql else "body"

    def placed(name: str, parameter: Mapping[str, Any]) -> Parameter:
        wire = parameter.get("as", name)
        place = parameter.get("in", "path" if wire in in_the_path else usual)
        return Parameter(name, wire, place, parameter.get("style", ""))

    return tuple(placed(name, parameter) for name, parameter in written.items())


def define_call(
    call: Mapping[str, Any],
    parameters: Iterable[Parameter],
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    errors: Mapping[str, str],
) -> dict[str, Any]:
    """The definition of the call; `headers` and `errors` are the connector's. What is empty is left out."""
    by_place = {place: _wires(parameters, place) for place in ("path", "query", "header", "body", "content")}
    definition = {
        "method": method,
        "url": url,
        "path": by_place["path"],
        "query": by_place["query"],
        "headers": by_place["header"],
        "body": None if "body_mapping" in call else _body(call, by_place),
        "body_format": call.get("body", ""),
        "styles": _styles(parameters),
        "constants": _constants(call, headers),
        **{name: call.get(name) for name in _ALIKE},
        **{name: call.get(name, sentence) for name, sentence in errors.items()},
    }
    return {name: value for name, value in definition.items() if value or name in ("method", "url")}


def _wires(parameters: Iterable[Parameter], place: str) -> dict[str, str]:
    return {parameter.name: parameter.property for parameter in parameters if parameter.place == place}


def _body(call: Mapping[str, Any], by_place: Mapping[str, Mapping[str, str]]) -> str | Mapping[str, str]:
    wires, whole = by_place["body"], by_place["content"]
    if whole:
        return next(iter(whole.values()))
    if call.get("body") == "bytes" and len(wires) < 2:
        return next(iter(wires.values()), "content")
    if not wires:
        return "none"
    renamed = call.get("body") == "bytes" or any(wire != source for wire, source in wires.items())
    return wires if renamed else "rest"


def _styles(parameters: Iterable[Parameter]) -> dict[str, dict[str, str]]:
    styles: dict[str, dict[str, str]] = {}
    for parameter in parameters:
        if parameter.style:
            styles.setdefault(parameter.place, {})[parameter.name] = parameter.style
    return styles


def _constants(call: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    found = {
        "headers": {**headers, **call.get("headers", {})},
        "query": call.get("query", {}),
        "body": call.get("constants", {}),
    }
    return {name: value for name, value in found.items() if value}
