"""A body as conditions and templates see it: a JSON value, a form's fields, a text; null for what is none of these.

Whatever came, what is read here can be stored as JSON: characters that PostgreSQL does not keep become U+FFFD.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.http import parse_header_parameters

from accounts.api.parsing import read_json
from accounts.errors import Malformed
from registry.transports.text import is_text, read_text, storable
from webhooks.signatures.forms import MULTIPART, URLENCODED, Pairs, multipart, url_encoded

_JSON = re.compile(r"(?:application|text)/(?:[\w.+-]*\+)?json")
_BOM = b"\xef\xbb\xbf"
# An escaped backslash and a whole surrogate pair stand for themselves; a NUL and half a pair for no character.
_ESCAPES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def read_body(content_type: str, raw: bytes | None) -> Any:
    """Never raises: what is not what its content type says is read as a text."""
    if not raw:
        return None
    media_type, parameters = _media_type(content_type)
    if media_type == MULTIPART:
        return read_fields(multipart(MULTIPART + content_type.strip()[len(MULTIPART) :], raw)) or None
    if _JSON.fullmatch(media_type) or raw.lstrip(_BOM + b" \t\r\n")[:1] in (b"{", b"["):
        try:
            return _json(raw)
        except Malformed:
            pass
    charset = parameters.get("charset", "")
    if media_type == URLENCODED and (fields := read_fields(url_encoded(raw), charset)):
        return _unwrapped(fields)
    return read_text(raw, charset) if is_text(media_type) else _undeclared_text(raw)


def read_fields(pairs: Pairs, charset: str = "") -> dict[str, Any]:
    """Of a form or a query."""
    return joined((read_text(name, charset), read_text(value, charset)) for name, value in pairs)


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """By name; one that comes several times has a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(storable(name), []).append(storable(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _media_type(content_type: str) -> tuple[str, Mapping[str, str]]:
    try:
        return parse_header_parameters(content_type)
    except (LookupError, ValueError):  # a parameter in an encoding that there is not
        return content_type.partition(";")[0].strip().lower(), {}


def _unwrapped(fields: dict[str, Any]) -> dict[str, Any]:
    """A form of one field that holds JSON is how some providers wrap it (`payload=…`): the field is read, too."""
    [*values] = fields.values()
    if len(values) == 1 and isinstance(values[0], str) and values[0][:1] in ("{", "["):
        try:
            return {name: _json(value.encode()) for name, value in fields.items()}
        except Malformed:
            return fields
    return fields


def _json(raw: bytes) -> Any:
    """Raises Malformed."""
    try:
        return read_json(raw)
    except Malformed:
        text = raw.removeprefix(_BOM).decode("utf-8", "replace")
        return read_json(_ESCAPES.sub(lambda found: rb"\ufffd" if found[1] else found[0], text.encode()))


def _undeclared_text(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
