"""The definition of an HTTP tool: which property of the input goes where in the request.

    {"method": "POST", "url": "https://api.example.com/v1/{account}/contacts",
     "path": {"account": "account_id"}, "query": {"filter[id]": "filter_id"}, "headers": {"X-Trace": "trace"},
     "body": "rest", "body_format": "json"}

With a `connector`, the call goes out through one of its connections: `url` is relative to the connection's base URL,
and the credential goes along to where it belongs. With `steps`, several requests make one call. Every field is
explained in `docs/reference/http-definition.md`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# RFC 9110, 9.2.1 and 9.2.2.
SAFE_METHODS = frozenset({"GET", "HEAD"})
IDEMPOTENT_METHODS = SAFE_METHODS | {"PUT", "DELETE"}
REST = "rest"
NONE = "none"
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class HttpDefinition:
    """A definition that was checked, ready to build requests from."""

    method: str
    url: str
    """Absolute, or relative to the connection's base URL."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str | Mapping[str, str]
    body_format: str
    error_when: str
    """A JMESPath expression: where it finds something true in an answer, the call failed. Empty: none is looked for."""
    error_message: str
    """JMESPath: the service's words in an answer that is a failure."""
    idempotency_header: str
    body_mapping: str
    """JMESPath over the input: what the body is made of, in place of `body`."""
    graphql: str
    """The document that the body carries as its `query`, with what the body would be as its `variables`."""
    query_styles: Mapping[str, str]
    path_styles: Mapping[str, str]
    body_styles: Mapping[str, str]
    """Of the fields of a form."""
    constant_query: Mapping[str, str]
    constant_headers: Mapping[str, str]
    constant_body: Mapping[str, Any]
    renamed: Mapping[str, str]
    """Keys of the body, at any depth, and what they are on the wire."""
    steps: "tuple[Step, ...]" = ()

    @property
    def used(self) -> frozenset[str]:
        """The properties that go somewhere else than into a `rest` body."""
        return frozenset((*self.path.values(), *self.query.values(), *self.headers.values()))

    @property
    def is_harmless(self) -> bool:
        """Whether its request changes nothing."""
        return self.method in SAFE_METHODS

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once; of several steps, each of them."""
        if self.steps:
            return all(step.request.is_repeatable for step in self.steps)
        return bool(self.idempotency_header) or self.method in IDEMPOTENT_METHODS


@dataclass(frozen=True)
class Step:
    """One request of several that make one call."""

    id: str
    request: HttpDefinition
    when: str
    """JMESPath over the call's input and the answers so far: the step is left out where it finds nothing."""
    input: str
    """JMESPath over the same: the step's own input; empty: the call's."""
    url_from: str
    """JMESPath over the same: the absolute URL; empty: the request has its own."""


def read_definition(definition: Mapping[str, Any]) -> HttpDefinition:
    """A checked definition with its defaults filled in: bodies for POST, PUT and PATCH."""
    whole = _request(definition)
    steps = tuple(_step(step, whole) for step in definition.get("steps", ()))
    return replace(whole, steps=steps) if steps else whole


def _step(step: Mapping[str, Any], whole: HttpDefinition) -> Step:
    """What it does not say of failures is as the whole says."""
    told = {"error_when": whole.error_when, "error_message": whole.error_message}
    return Step(
        id=step["id"],
        request=_request({**told, **step}),
        when=step.get("when", ""),
        input=step.get("input", ""),
        url_from=step.get("url_from", ""),
    )


def _request(definition: Mapping[str, Any]) -> HttpDefinition:
    method, url = definition.get("method", "POST"), definition.get("url", "")
    named_alike = {name: name for name in PLACEHOLDER.findall(url)}
    styles, constants = definition.get("styles", _NOTHING), definition.get("constants", _NOTHING)
    graphql = definition.get("graphql", "")
    return HttpDefinition(
        method=method,
        url=url,
        path={**named_alike, **definition.get("path", _NOTHING)},
        query=definition.get("query", _NOTHING),
        headers=definition.get("headers", _NOTHING),
        body=definition.get("body", REST if method in _WITH_BODY else NONE),
        body_format=definition.get("body_format", "json"),
        error_when=definition.get("error_when") or ("errors" if graphql else ""),
        error_message=definition.get("error_message") or ("errors[0].message" if graphql else ""),
        idempotency_header=definition.get("idempotency_header", ""),
        body_mapping=definition.get("body_mapping", ""),
        graphql=graphql,
        query_styles=styles.get("query", _NOTHING),
        path_styles=styles.get("path", _NOTHING),
        body_styles=styles.get("body", _NOTHING),
        constant_query=constants.get("query", _NOTHING),
        constant_headers=constants.get("headers", _NOTHING),
        constant_body=constants.get("body", _NOTHING),
        renamed=definition.get("renamed", _NOTHING),
    )
