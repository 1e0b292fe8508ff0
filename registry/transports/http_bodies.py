"""From a definition and a valid input to the body of a request: JSON, a form, a form with files, or plain bytes."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.egress.multipart import Part, encode_multipart
from integrations.mapping import MOST_WORK
from registry.shaping.mapping import map_input
from registry.transports.http_definition import NONE, REST, HttpDefinition
from registry.transports.http_styles import compact_json, fields, misplaced, scalar

BODY_FORMATS = ("json", "form", "multipart", "bytes")
FORM = "application/x-www-form-urlencoded"
BYTES = "application/octet-stream"
CONTENT = "content"
"""The one property of a body of plain bytes that is no property by itself."""

_MEDIA_TYPE = re.compile(r"[!-~]{1,100}/[!-~]{1,100}( ?;[ -~]{1,100})?")


def build_body(
    definition: HttpDefinition, values: Mapping[str, Any], *, most_work: int = MOST_WORK
) -> tuple[bytes | None, str]:
    """The body and its media type; None and nothing where there is none.

    Raises Invalid when a value cannot stand where it belongs, TooMuchWork when the mapping is too much for
    `most_work`.
    """
    content = _content(definition, values, most_work)
    if definition.renamed:
        content = _renamed(content, definition.renamed)
    if definition.constant_body and (content is None or isinstance(content, Mapping)):
        content = {**definition.constant_body, **(content or {})}
    if definition.graphql:
        return _json({"query": definition.graphql, "variables": content or {}})
    if content is None:
        return None, ""
    if definition.body_format == "form":
        return _form(content, definition.body_styles), FORM
    if definition.body_format == "multipart":
        return encode_multipart(_parts(content))
    if definition.body_format == "bytes":
        return _bytes(content)
    return _json(content)


def json_body(content: Any) -> bytes:
    return compact_json(content).encode()


def _content(definition: HttpDefinition, values: Mapping[str, Any], most_work: int) -> Any:
    """None: there is no body."""
    body = definition.body
    if definition.body_mapping:
        return map_input(definition.body_mapping, values, most_work=most_work)
    if body == NONE:
        return None
    if body == REST:
        return {name: value for name, value in values.items() if name not in definition.used}
    if isinstance(body, Mapping):
        return {name: values[source] for name, source in body.items() if source in values}
    return values.get(body)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _renamed(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    return value


def _json(content: Any) -> tuple[bytes, str]:
    return json_body(content), "application/json"


def _form(content: Any, styles: Mapping[str, str]) -> bytes:
    if not isinstance(content, Mapping):
        raise misplaced(CONTENT, "This is sent as a form: give an object.")
    pairs = (pair for name, value in content.items() for pair in fields(name, name, value, styles.get(name, "")))
    return "&".join(pairs).encode()


def _parts(content: Any) -> Iterator[Part]:
    if not isinstance(content, Mapping):
        raise misplaced(CONTENT, "This is sent as a form with files: give an object.")
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield _part(name, item)


def _part(name: str, value: Any) -> Part:
    if _is_file(value):
        content, media_type = _file(name, value)
        return Part(name, content, _word(name, value, "filename") or name, media_type or BYTES)
    if isinstance(value, dict | list):
        return Part(name, json_body(value), media_type="application/json")
    return Part(name, scalar(name, value).encode())


def _bytes(content: Any) -> tuple[bytes, str]:
    if isinstance(content, Mapping) and not _is_file(content):
        content = content.get(CONTENT)
    if isinstance(content, str):
        return content.encode(), BYTES
    if not _is_file(content):
        raise misplaced(CONTENT, 'This is sent as it is: give a text, or {"base64": "…"}.')
    data, media_type = _file(CONTENT, content)
    return data, media_type or BYTES


def _is_file(value: Any) -> bool:
    return isinstance(value, Mapping) and "base64" in value


def _file(name: str, value: Mapping[str, Any]) -> tuple[bytes, str]:
    """Its bytes, and its media type where it names one."""
    media_type = _word(name, value, "content_type")
    if media_type and not _MEDIA_TYPE.fullmatch(media_type):
        raise misplaced(f"{name}.content_type", "Give a media type, such as `image/png`.")
    try:
        return base64.b64decode(_word(name, value, "base64"), validate=True), media_type
    except (binascii.Error, ValueError) as error:
        raise misplaced(f"{name}.base64", "Give the file's bytes in base64 (RFC 4648, 4).") from error


def _word(name: str, value: Mapping[str, Any], field: str) -> str:
    word = value.get(field) or ""
    if not isinstance(word, str):
        raise misplaced(f"{name}.{field}", "Give a text.")
    return word
