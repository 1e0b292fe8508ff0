"""The definition of an HTTP tool: which property of the input goes where in the request.

    {"method": "POST", "url": "https://api.example.com/v1/{account}/contacts",
     "path": {"account": "account_id"}, "query": {"filter[id]": "filter_id"}, "headers": {"X-Trace": "trace"},
     "body": "rest", "body_format": "json"}

`path`, `query` and `headers` map the name on the wire to the input property. `body` is `rest` (all properties not used
elsewhere), one property's name, a mapping, or `none`. `error_when` (JMESPath) says of services that answer 200 to what
failed how to tell: `"!ok"`, `"error"`, `"status == 'failed'"`. `idempotency_header` names a header, such as
`Idempotency-Key`, in which the service takes a key: every attempt at one execution carries the same, so that it may be
repeated.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from accounts.errors import Fault
from integrations.mapping import check_mapping

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
BODY_FORMATS = ("json", "form")
REST = "rest"
NONE = "none"

_FIELDS = frozenset(
    {"method", "url", "path", "query", "headers", "body", "body_format", "error_when", "idempotency_header"}
)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# RFC 9110, 5.6.2: the characters of a field name.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# These belong to the connection, or carry what only the vault may send.
_FORBIDDEN_HEADERS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class HttpDefinition:
    """A definition that was checked, ready to build requests from."""

    method: str
    url: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str | Mapping[str, str]
    body_format: str
    error_when: str
    """A JMESPath expression: where it finds something true in an answer, the call failed. Empty: none is looked for."""

    @property
    def used(self) -> frozenset[str]:
        """The properties that go somewhere else than into a `rest` body."""
        return frozenset((*self.path.values(), *self.query.values(), *self.headers.values()))


def read_definition(definition: Mapping[str, Any]) -> HttpDefinition:
    """A checked definition with its defaults filled in: bodies for POST, PUT and PATCH."""
    method = definition.get("method", "POST")
    url = definition["url"]
    named_alike = {name: name for name in _PLACEHOLDER.findall(url)}
    return HttpDefinition(
        method=method,
        url=url,
        path={**named_alike, **definition.get("path", {})},
        query=definition.get("query", {}),
        headers=definition.get("headers", {}),
        body=definition.get("body", REST if method in {"POST", "PUT", "PATCH"} else NONE),
        body_format=definition.get("body_format", "json"),
        error_when=definition.get("error_when", ""),
    )


def check_definition(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a definition; `properties` are those of the input schema."""
    for name in definition:
        if name not in _FIELDS:
            yield Fault(f"$.definition.{name}", f"There is no such field here. Known: {', '.join(sorted(_FIELDS))}.")
    if definition.get("method", "POST") not in METHODS:
        yield Fault("$.definition.method", f"Use one of: {', '.join(METHODS)}.")
    if definition.get("body_format", "json") not in BODY_FORMATS:
        yield Fault("$.definition.body_format", f"Use one of: {', '.join(BODY_FORMATS)}.")
    yield from _check_url(definition)
    yield from _check_maps(definition, properties)
    yield from _check_body(definition, properties)
    yield from _check_error_when(definition.get("error_when", ""))
    yield from _check_key_header(definition)


def check_http_url(path: str, url: object) -> Iterator[Fault]:
    if not isinstance(url, str) or urlsplit_or_none(url) is None:
        yield Fault(path, "Give an absolute http:// or https:// URL.")


def urlsplit_or_none(url: str) -> tuple[str, str, str] | None:
    """Scheme, host part and the rest of an absolute http(s) URL; None when it is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    if not usable or any(letter.isspace() or ord(letter) < 32 for letter in url):
        return None
    return parts.scheme, parts.netloc, parts.path + parts.query + parts.fragment


def _check_url(definition: Mapping[str, Any]) -> Iterator[Fault]:
    url = definition.get("url")
    if not isinstance(url, str) or (parts := urlsplit_or_none(url)) is None:
        yield Fault("$.definition.url", "Give an absolute http:// or https:// URL.")
        return
    _, host, rest = parts
    if "{" in host or "@" in host:
        yield Fault("$.definition.url", "The host is fixed: no placeholders and no user name before the path.")
    if "#" in url:
        yield Fault("$.definition.url", "Leave out the fragment (`#…`): it is never sent.")
    placeholders = set(_PLACEHOLDER.findall(rest))
    if "" in placeholders or rest.count("{") != len(_PLACEHOLDER.findall(rest)):
        yield Fault("$.definition.url", "A placeholder is a name in braces, such as {account}.")
    if "?" in url and "{" in url.partition("?")[2]:
        yield Fault("$.definition.url", "Placeholders stand in the path. Use `query` for the part after the `?`.")
    path = definition.get("path", {})
    for name in path if isinstance(path, dict) else ():
        if name not in placeholders:
            yield Fault(f"$.definition.path.{name}", f"The URL has no placeholder {{{name}}}.")


def _check_maps(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Fault]:
    for field in ("path", "query", "headers"):
        mapping = definition.get(field, {})
        if not isinstance(mapping, dict):
            yield Fault(f"$.definition.{field}", "Give an object: the name on the wire to the input property.")
            continue
        for name, source in mapping.items():
            yield from _check_source(f"$.definition.{field}.{name}", source, properties)
            if field == "headers":
                yield from _check_header(name)


def _check_header(name: str) -> Iterator[Fault]:
    if not _HEADER_NAME.fullmatch(name):
        yield Fault(f"$.definition.headers.{name}", "This is not a header's name (RFC 9110).")
    elif name.lower() in _FORBIDDEN_HEADERS:
        yield Fault(f"$.definition.headers.{name}", "This header is not the caller's to set.")


def _check_key_header(definition: Mapping[str, Any]) -> Iterator[Fault]:
    if "idempotency_header" not in definition:
        return
    path, name = "$.definition.idempotency_header", definition["idempotency_header"]
    headers = definition.get("headers", {})
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        yield Fault(path, "Name the header in which the service takes a key, such as `Idempotency-Key`.")
    elif name.lower() in _FORBIDDEN_HEADERS:
        yield Fault(path, "This header belongs to the connection or to the vault. Name another one.")
    elif isinstance(headers, dict) and name.lower() in {str(each).lower() for each in headers}:
        yield Fault(path, "The same header is in `headers`, too. It is either the caller's or ours.")


def _check_body(definition: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[Fault]:
    body = definition.get("body", REST)
    if isinstance(body, dict):
        for name, source in body.items():
            yield from _check_source(f"$.definition.body.{name}", source, properties)
    elif body not in (REST, NONE):
        yield from _check_source("$.definition.body", body, properties)
    if body not in (REST, NONE) and "body" in definition and definition.get("method") in ("GET", "HEAD"):
        yield Fault("$.definition.body", "A GET or HEAD request has no body. Use `query`.")
    if definition.get("body_format") == "form" and isinstance(body, str) and body not in (REST, NONE):
        yield Fault("$.definition.body", "A form has named fields: use `rest` or a mapping.")


def _check_error_when(expression: object) -> Iterator[Fault]:
    if not isinstance(expression, str):
        yield Fault("$.definition.error_when", "Give a JMESPath expression (https://jmespath.org) as a text.")
    else:
        yield from check_mapping("$.definition.error_when", expression)


def _check_source(path: str, source: object, properties: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(source, str):
        yield Fault(path, "Name a property of the input schema.")
    elif source not in properties:
        yield Fault(path, f"The input schema has no property `{source}`.")
