"""Checks of what a definition says besides which property goes where: headers' names, constants, styles, new names."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from accounts.errors import Fault
from registry.transports.http_styles import PATH_STYLES, QUERY_STYLES

# RFC 9110, 5.6.2: the characters of a field name.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
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
_STYLES: Mapping[str, Collection[str]] = {"query": QUERY_STYLES, "path": PATH_STYLES, "body": QUERY_STYLES}
_PLACES = ("headers", "query", "body")


def check_names(path: str, headers: Mapping[str, Any], allowed: Collection[str] = ()) -> Iterator[Fault]:
    """The names of headers that the caller or the definition sets."""
    for name in headers:
        if not _HEADER_NAME.fullmatch(name):
            yield Fault(f"{path}.{name}", "This is not a header's name (RFC 9110).")
        elif name.lower() in _FORBIDDEN_HEADERS and name.lower() not in allowed:
            yield Fault(f"{path}.{name}", "This header is not the caller's to set.")


def check_key_header(path: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    if "idempotency_header" not in request:
        return
    path, name, headers = f"{path}.idempotency_header", request["idempotency_header"], request.get("headers", {})
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        yield Fault(path, "Name the header in which the service takes a key, such as `Idempotency-Key`.")
    elif name.lower() in _FORBIDDEN_HEADERS:
        yield Fault(path, "This header belongs to the connection or to the vault. Name another one.")
    elif isinstance(headers, dict) and name.lower() in {str(each).lower() for each in headers}:
        yield Fault(path, "The same header is in `headers`, too. It is either the caller's or ours.")


def check_styles(path: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    styles = request.get("styles", {})
    if not isinstance(styles, dict):
        yield Fault(f"{path}.styles", 'Give an object, such as {"query": {"ids": "comma"}}.')
        return
    for place, named in styles.items():
        known = _STYLES.get(place)
        if known is None:
            yield Fault(f"{path}.styles.{place}", f"There is no such place. Known: {', '.join(_STYLES)}.")
        elif not isinstance(named, dict):
            yield Fault(f"{path}.styles.{place}", "Give an object: the name on the wire to a style.")
        else:
            for name, style in named.items():
                if style not in known:
                    yield Fault(f"{path}.styles.{place}.{name}", f"Use one of: {', '.join(known)}.")


def check_constants(path: str, request: Mapping[str, Any]) -> Iterator[Fault]:
    """And the new names of keys."""
    constants, renamed = request.get("constants", {}), request.get("renamed", {})
    if not isinstance(renamed, dict) or not all(isinstance(name, str) for name in renamed.values()):
        yield Fault(f"{path}.renamed", "Give an object: a key of the body to its name on the wire.")
    if not isinstance(constants, dict):
        yield Fault(f"{path}.constants", 'Give an object, such as {"headers": {"X-Api-Version": "2"}}.')
        return
    for place, named in constants.items():
        if place not in _PLACES:
            yield Fault(f"{path}.constants.{place}", f"There is no such place. Known: {', '.join(_PLACES)}.")
        elif not isinstance(named, dict):
            yield Fault(f"{path}.constants.{place}", "Give an object: the name on the wire to its value.")
        elif place != "body":
            yield from _check_texts(f"{path}.constants.{place}", named)
    headers = constants.get("headers")
    if isinstance(headers, dict):
        own_type = request.get("body_format", "json") in ("json", "bytes")
        yield from check_names(f"{path}.constants.headers", headers, {"content-type"} if own_type else ())


def _check_texts(path: str, named: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in named.items():
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            yield Fault(f"{path}.{name}", "Give a text of printable ASCII characters.")
