"""What is wrong with an HTTP tool's definition: a path and a sentence for each fault."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from accounts.errors import Fault
from integrations.mapping import check_mapping
from registry.transports.http_bodies import BODY_FORMATS
from registry.transports.http_constants import check_constants, check_key_header, check_names, check_styles
from registry.transports.http_definition import METHODS, NONE, REST, SAFE_METHODS
from registry.transports.http_urls import check_url

MOST_STEPS = 10
LONGEST_GRAPHQL = 20_000

_OF_A_REQUEST = frozenset(
    (
        *("method", "url", "path", "query", "headers", "body", "body_format", "body_mapping", "graphql", "styles"),
        *("constants", "renamed", "error_when", "error_message", "idempotency_header"),
    )
)
_OF_ALL = frozenset({"connector", "scopes", "error_when", "error_message"})
FIELDS = _OF_A_REQUEST | _OF_ALL | {"steps"}
STEP_FIELDS = _OF_A_REQUEST | {"id", "when", "input", "url_from"}

_EXPRESSIONS = ("error_when", "error_message", "body_mapping", "when", "input", "url_from")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_STEP_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAPPING = "Give an object: the name on the wire to the input property."

Properties = Mapping[str, Any] | None
"""Those of the input schema; None: nobody knows them, because an expression makes the input."""


def check_definition(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Fault]:
    """`properties` are those of the input schema."""
    path = "$.definition"
    connected = "connector" in definition
    yield from _check_connector(path, definition)
    if "steps" not in definition:
        yield from _check_fields(path, definition, FIELDS)
        yield from _check_request(path, definition, properties, may_be_relative=connected)
        return
    yield from _check_fields(path, definition, _OF_ALL | {"steps"}, "With `steps`, each step has its own. ")
    yield from _check_expressions(path, definition)
    yield from _check_steps(f"{path}.steps", definition["steps"], properties, may_be_relative=connected)


def _check_fields(path: str, given: Mapping[str, Any], known: frozenset[str], hint: str = "") -> Iterator[Fault]:
    for name in given:
        if name not in known:
            yield Fault(f"{path}.{name}", f"There is no such field here. {hint}Known: {', '.join(sorted(known))}.")


def _check_connector(path: str, definition: Mapping[str, Any]) -> Iterator[Fault]:
    connector, scopes = definition.get("connector", "any"), definition.get("scopes", [])
    if not isinstance(connector, str) or not _SLUG.fullmatch(connector):
        yield Fault(f"{path}.connector", "Give a connector's slug.")
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        yield Fault(f"{path}.scopes", "Give a list: what the connection must have been granted.")
    elif scopes and "connector" not in definition:
        yield Fault(f"{path}.scopes", "Only a tool with a `connector` needs scopes. Leave this out.")


def _check_steps(path: str, steps: object, properties: Properties, *, may_be_relative: bool) -> Iterator[Fault]:
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS:
        yield Fault(path, f"Give a list of 1 to {MOST_STEPS} steps.")
        return
    taken = set(properties or ())
    for index, step in enumerate(steps):
        here = f"{path}[{index}]"
        if not isinstance(step, dict):
            yield Fault(here, "Give an object: a request with an `id`.")
            continue
        name = step.get("id")
        if not isinstance(name, str) or not _STEP_ID.fullmatch(name):
            yield Fault(f"{here}.id", "Give a word of small letters, digits and `_`, for expressions to name.")
        elif name in taken:
            yield Fault(f"{here}.id", "A property of the input or a step before has this name. Choose another.")
        else:
            taken.add(name)
        yield from _check_step(here, step, properties, may_be_relative)


def _check_step(path: str, step: Mapping[str, Any], properties: Properties, may_be_relative: bool) -> Iterator[Fault]:
    yield from _check_fields(path, step, STEP_FIELDS)
    own = None if step.get("input") else properties
    if "url_from" not in step:
        yield from _check_request(path, step, own, may_be_relative=may_be_relative)
        return
    if step.get("url"):
        yield Fault(f"{path}.url", "The step has `url_from`. Give one of the two.")
    yield from _check_request(path, {**step, "url": "https://found.invalid/"}, own, may_be_relative=False)


def _check_request(
    path: str, request: Mapping[str, Any], properties: Properties, *, may_be_relative: bool
) -> Iterator[Fault]:
    if request.get("method", "POST") not in METHODS:
        yield Fault(f"{path}.method", f"Use one of: {', '.join(METHODS)}.")
    yield from check_url(path, request, may_be_relative=may_be_relative)
    yield from _check_maps(path, request, properties)
    yield from _check_body(path, request, properties)
    yield from _check_graphql(path, request)
    yield from _check_expressions(path, request)
    yield from check_key_header(path, request)
    yield from check_styles(path, request)
    yield from check_constants(path, request)


def _check_maps(path: str, request: Mapping[str, Any], properties: Properties) -> Iterator[Fault]:
    for field in ("path", "query", "headers"):
        mapping = request.get(field, {})
        if not isinstance(mapping, dict):
            yield Fault(f"{path}.{field}", _MAPPING)
            continue
        for name, source in mapping.items():
            yield from _check_source(f"{path}.{field}.{name}", source, properties)
        if field == "headers":
            yield from check_names(f"{path}.headers", mapping)


def _check_body(path: str, request: Mapping[str, Any], properties: Properties) -> Iterator[Fault]:
    body, shape = request.get("body", REST), request.get("body_format", "json")
    if shape not in BODY_FORMATS:
        yield Fault(f"{path}.body_format", f"Use one of: {', '.join(BODY_FORMATS)}.")
    if isinstance(body, dict):
        for name, source in body.items():
            yield from _check_source(f"{path}.body.{name}", source, properties)
    elif body not in (REST, NONE):
        yield from _check_source(f"{path}.body", body, properties)
    if request.get("method") in tuple(SAFE_METHODS) and (body not in (REST, NONE) or "body_mapping" in request):
        name = "body_mapping" if "body_mapping" in request else "body"
        yield Fault(f"{path}.{name}", "A GET or HEAD request has no body. Use `query`.")
    if shape in ("form", "multipart") and isinstance(body, str) and body not in (REST, NONE):
        yield Fault(f"{path}.body", "A form has named fields: use `rest` or a mapping.")


def _check_graphql(path: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    if "graphql" not in request:
        return
    document = request["graphql"]
    if not isinstance(document, str) or not 0 < len(document) <= LONGEST_GRAPHQL:
        yield Fault(f"{path}.graphql", f"Give a GraphQL document of at most {LONGEST_GRAPHQL:,} characters.")
    if request.get("method", "POST") != "POST" or request.get("body_format", "json") != "json":
        yield Fault(f"{path}.graphql", "GraphQL is sent with POST, as JSON. Leave `method` and `body_format` out.")


def _check_expressions(path: str, given: Mapping[str, Any]) -> Iterator[Fault]:
    for name in _EXPRESSIONS:
        expression = given.get(name, "")
        if not isinstance(expression, str):
            yield Fault(f"{path}.{name}", "Give a JMESPath expression (https://jmespath.org) as a text.")
        else:
            yield from check_mapping(f"{path}.{name}", expression)


def _check_source(path: str, source: object, properties: Properties) -> Iterator[Fault]:
    if not isinstance(source, str):
        yield Fault(path, "Name a property of the input schema.")
    elif properties is not None and source not in properties:
        yield Fault(path, f"The input schema has no property `{source}`.")
