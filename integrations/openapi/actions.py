"""An operation as an action of the connector format: named, described, and with an input that every provider takes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from integrations.openapi.bodies import Bodies
from integrations.openapi.document import METHODS, Document, Operation, listed, text
from integrations.openapi.effects import effect_of
from integrations.openapi.fields import HEADER, PATH, QUERY, Field, Request
from integrations.openapi.inputs import shape_input
from integrations.openapi.parameters import Parameters, tags_of
from integrations.openapi.prose import joined, plain, shortened
from integrations.openapi.references import Dangling
from integrations.openapi.report import Reason, Skip
from integrations.openapi.security import scopes_of
from integrations.openapi.servers import is_public, read_server

LONGEST_DESCRIPTION = 300
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SEVERAL = re.compile(r"^\s*\+|[+*]\s*$|=.*/")
"""A placeholder that may hold several segments."""


@dataclass(frozen=True)
class Context:
    """What all operations of a document have in common."""

    document: Document
    origin: str
    """The URL that the document came from; empty: it was handed in."""
    key_places: frozenset[tuple[str, str]]
    oauth_names: frozenset[str]
    base_url: str


@dataclass(frozen=True)
class Made:
    """One action."""

    action: dict[str, Any]
    is_cut: bool
    is_deprecated: bool
    dangling: frozenset[str]
    credentials: tuple[tuple[str, str], ...]
    """Place and name of parameters left out because a connection gives them."""


def make_action(operation: Operation, context: Context) -> Made:
    """Raises Skip for an operation that cannot be called, with the reason."""
    if operation.method not in METHODS:
        raise Skip(Reason.METHOD, f"{operation.method.upper()} is nothing that a tool calls.")
    path, constant_query = _path_of(operation.path)
    written = context.document.parameters(operation)
    several = frozenset(_name_in(each) for each in _PLACEHOLDER.findall(operation.path) if _SEVERAL.search(each))
    parameters = Parameters(context.document.references, context.key_places, several)
    fields = list(parameters.read(written))
    fields = [one for one in fields if one.place != PATH or one.wire in _PLACEHOLDER.findall(path)]
    fields += parameters.missing(_PLACEHOLDER.findall(path), fields)
    request, secrets = _with_body(operation, written, fields, context)
    _refuse_secrets(secrets, context)
    request = replace(
        request,
        constant_query={**constant_query, **parameters.constants[QUERY]},
        constant_headers={**request.constant_headers, **parameters.constants[HEADER]},
    )
    deprecated = operation.written.get("deprecated") is True
    shaped = shape_input(request, path, context.document.references)
    action = {
        "name": _name(operation),
        "description": _description(operation, request, deprecated=deprecated),
        "call": f"{operation.method.upper()} {_address(operation, context)}{shaped.path}",
        **shaped.action,
        **_effect(operation),
        **_words(operation, context, deprecated=deprecated),
    }
    return Made(
        action={name: value for name, value in action.items() if value or value is False},
        is_cut=shaped.is_cut,
        is_deprecated=deprecated,
        dangling=shaped.dangling,
        credentials=tuple(parameters.credentials),
    )


def _name_in(placeholder: str) -> str:
    """The name in `{id:[0-9]+}`, `{+name}`, `{path*}` and `{name=projects/*}`."""
    return re.split(r"[:=]", placeholder.strip().lstrip("+"))[0].rstrip("+*")


def _path_of(path: str) -> tuple[str, dict[str, str]]:
    """The path alone, and what stands behind its `?` or `#` as constants: that is how some tell operations apart."""
    alone, _, rest = path.partition("#")
    alone, _, query = alone.partition("?")
    pairs = [pair.partition("=") for pair in f"{query}&{rest}".split("&") if "=" in pair]
    constants = {name: value for name, _, value in pairs if name and "{" not in value and value.isascii()}
    alone = _PLACEHOLDER.sub(lambda match: f"{{{_name_in(match[1])}}}", alone)
    if "{}" in alone or alone.count("{") != len(_PLACEHOLDER.findall(alone)) or re.search(r"[\s\\]", alone):
        raise Skip(Reason.MALFORMED, "Its path cannot be read: a placeholder is a name in braces.")
    if {".", ".."} & set(alone.split("/")):
        raise Skip(Reason.MALFORMED, "Its path holds `.` or `..`, which lead elsewhere.")
    return f"/{alone.lstrip('/')}", constants


def _with_body(
    operation: Operation, written: list[dict[str, Any]], fields: list[Field], context: Context
) -> tuple[Request, list[str]]:
    """And the names of required fields that only a connection may give."""
    try:
        body = context.document.body(operation, written)
        if body is None:
            return Request(tuple(fields)), []
        if operation.method in ("get", "head"):
            if body.get("required") is True:
                raise Skip(
                    Reason.BODY, f"It is a {operation.method.upper()} that needs a body, which HTTP does not know."
                )
            return Request(tuple(fields)), []
        bodies = Bodies(context.document.references, context.key_places)
        read = bodies.read(body)
    except Dangling as dangling:
        raise Skip(Reason.DANGLING, f"Its body is `{str(dangling)[:200]}`, which names nothing.") from dangling
    headers = {"Content-Type": read.media_type} if read.media_type else {}
    return Request((*fields, *read.fields), read, constant_headers=headers), bodies.credentials


def _refuse_secrets(secrets: list[str], context: Context) -> None:
    """Such as an endpoint for tokens: that is the connection's work."""
    if secrets:
        names = ", ".join(secrets)[:100]
        raise Skip(
            Reason.CREDENTIAL, f"It takes credentials in its body ({names}), and only a connection may give them."
        )


def _name(operation: Operation) -> str:
    """Empty: as its slug says."""
    return plain(operation.written.get("summary"), 80).rstrip(".")


def _description(operation: Operation, request: Request, *, deprecated: bool) -> str:
    summary = plain(operation.written.get("summary"), 150)
    summary = summary if " " in summary else ""  # `ListParcels`: the action's name says that
    described = plain(operation.written.get("description"), LONGEST_DESCRIPTION)
    told = shortened(joined(summary, described), LONGEST_DESCRIPTION)
    told = told or f"{operation.method.upper()} {operation.path}."[:LONGEST_DESCRIPTION]
    return joined("Deprecated" if deprecated else "", told, request.body.note)[:1000]


def _effect(operation: Operation) -> dict[str, str]:
    effect = effect_of(operation.method, operation.path, text(operation.written.get("operationId")))
    return {"effect": effect} if effect else {}


def _words(operation: Operation, context: Context, *, deprecated: bool) -> dict[str, Any]:
    requirements = operation.written.get("security", context.document.root.get("security"))
    return {
        "scopes": scopes_of(requirements, context.oauth_names),
        "tags": [*tags_of(operation.written), *(["deprecated"] if deprecated else [])],
    }


def _address(operation: Operation, context: Context) -> str:
    """Empty: the connector's own; an operation may be at a server of its own."""
    written = listed(operation.written.get("servers")) or listed(operation.shared.get("servers"))
    for one in written:
        server = read_server(one, context.origin)
        if server is None or server.variables or not server.base_url.startswith("https://"):
            continue
        if not is_public(server.base_url):
            continue
        return "" if server.base_url == context.base_url else server.base_url
    return ""


def hosts_in(actions: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    """The absolute URLs among the actions' calls."""
    for action in actions:
        url = str(action["call"]).partition(" ")[2]
        if url.startswith("https://"):
            yield url
