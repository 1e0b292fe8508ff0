"""Parameters of the path, the query and headers, with how their values are written there."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.openapi.credentials import carries_credential, is_always_one
from integrations.openapi.document import listed, mapping, text
from integrations.openapi.fields import HEADER, PATH, QUERY, Field
from integrations.openapi.flat import Recursive, flat, required_of
from integrations.openapi.references import Dangling, References
from integrations.openapi.report import Reason, Skip
from integrations.openapi.scalars import choices_of, kinds_of
from integrations.openapi.schemas import properties_of

_STYLES = {"spaceDelimited": "space", "pipeDelimited": "pipe", "deepObject": "deepObject"}
# RFC 9110 and OpenAPI 3.1, 4.8.12.1: these are the client's own, or belong to the connection.
_OURS = frozenset(
    (
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "expect", "host", "keep-alive"),
        *("te", "trailer", "transfer-encoding", "upgrade", "user-agent", "via", "x-http-method-override"),
        # Of a signature (AWS SigV4), which a connection makes.
        *("x-amz-algorithm", "x-amz-content-sha256", "x-amz-credential", "x-amz-date", "x-amz-security-token"),
        *("x-amz-signature", "x-amz-signedheaders"),
    )
)
_PLUMBING = frozenset(
    ("callback", "jsonp", "pretty", "prettyprint", "quotauser", "userip", "$.xgafv", "upload_protocol", "uploadtype")
)
"""They change how an answer is written, or whom it is counted for."""
_LONGEST_CONSTANT = 200
_NAMES_PARTS = re.compile(r"\b[a-z][A-Za-z]{2,30}s/(?:\{|\*|\[|<|[A-Z]{2})")
"""As in `projects/{project}/topics/{topic}`: a name of several segments, which many of Google's are."""

Schemes = frozenset[tuple[str, str]]


class Parameters:
    """Reads the parameters of one operation."""

    def __init__(self, references: References, schemes: Schemes, several: frozenset[str] = frozenset()) -> None:
        """`several` are parts of the path that may hold slashes."""
        self._references = references
        self._schemes = schemes
        self._several = several
        self.constants: dict[str, dict[str, str]] = {QUERY: {}, HEADER: {}}
        """By place: what can only be one value is sent without being asked for."""
        self.credentials: list[tuple[str, str]] = []
        """Place and name of those that a connection gives."""

    def read(self, written: list[dict[str, Any]]) -> Iterator[Field]:
        """Raises Skip for what cannot be sent and cannot be left out."""
        for parameter in written:
            wire, place = text(parameter.get("name")), text(parameter.get("in")).lower()
            if place in ("body", "formdata"):
                continue
            if place == PATH:
                yield self._in_path(parameter, wire)
            elif carries_credential(wire, place, parameter, self._schemes):
                self.credentials.append((place, wire))
            elif place == "cookie":
                _refuse_cookie(parameter, wire)
            elif place == HEADER and wire.lower() in _OURS:
                continue
            elif place in (QUERY, HEADER):
                yield from self._fields(parameter, wire, place)
            else:
                raise Skip(Reason.MALFORMED, f"Its parameter `{wire[:80]}` is in `{place[:40]}`, which is no place.")

    def _in_path(self, parameter: Mapping[str, Any], wire: str) -> Field:
        _refuse_credential_in_path(wire)
        schema, style = _schema_and_style(parameter, PATH)
        kinds, _ = kinds_of(self._flat(schema))
        described = text(parameter.get("description"))
        if not {"array", "object"} & {*kinds}:
            has_slashes = (
                wire in self._several or parameter.get("allowReserved") is True or _NAMES_PARTS.search(described)
            )
            style = "segments" if has_slashes else ""
        return Field(wire, PATH, schema, required=True, description=described, style=style)

    def missing(self, placeholders: list[str], fields: list[Field]) -> Iterator[Field]:
        """For those in a path that no parameter describes."""
        described = {field.wire for field in fields if field.place == PATH}
        for name in dict.fromkeys(placeholders):
            if name not in described:
                yield self._in_path({"schema": {"type": "string"}}, name)

    def _fields(self, parameter: Mapping[str, Any], wire: str, place: str) -> Iterator[Field]:
        schema, style = _schema_and_style(parameter, place)
        found = self._flat(schema)
        kinds, _ = kinds_of(found)
        needed = parameter.get("required") is True
        only = _only_value(found)
        if needed and only is not None and place in self.constants:
            self.constants[place][wire] = only
        elif not needed and (_is_deprecated(parameter) or wire.lower() in _PLUMBING):
            return
        elif place == QUERY and style == "form" and "object" in kinds and mapping(found.get("properties")):
            yield from self._spread(found)
        else:
            yield Field(
                wire=wire,
                place=place,
                schema=_as_text(found) if place == HEADER and {"array", "object"} & {*kinds} else schema,
                required=needed,
                description=text(parameter.get("description")),
                style=self._style_of(found, kinds, style) if place == QUERY else "",
            )

    def _style_of(self, schema: dict[str, Any], kinds: list[str], style: str) -> str:
        """Empty where it is the usual one. A list of objects has no style of its own anywhere but in JSON."""
        if style == "form" and "array" in kinds:
            inner, _ = kinds_of(self._flat(schema.get("items", {})))
            return "json" if {"array", "object"} & {*inner} else ""
        return style if "array" in kinds or "object" in kinds or style == "json" or not kinds else ""

    def _spread(self, schema: Mapping[str, Any]) -> Iterator[Field]:
        """An object whose properties are parameters of their own (`form`, exploded)."""
        required = required_of(dict(schema))
        for name, one in properties_of(schema, self._references).items():
            if not carries_credential(name, QUERY, mapping(one), self._schemes):
                yield Field(wire=name, place=QUERY, schema=one, required=name in required)

    def _flat(self, schema: Any) -> dict[str, Any]:
        try:
            return flat(schema, self._references)[0]
        except (Dangling, Recursive):
            return {}


def _schema_and_style(parameter: Mapping[str, Any], place: str) -> tuple[Any, str]:
    """Empty: the usual style of the place, a repeated name in the query. `form` stays only for objects."""
    content = mapping(parameter.get("content"))
    if content:
        media = mapping(next(iter(content.values())))
        return _shown(parameter, media.get("schema", {})), "json" if "json" in next(iter(content)) else ""
    schema = _shown(parameter, parameter.get("schema", {}))
    style = text(parameter.get("style"))
    if place == PATH:
        return schema, "comma"
    if style in _STYLES and (style == "deepObject" or parameter.get("explode") is not True):
        return schema, _STYLES[style]
    exploded = parameter.get("explode", True) is not False
    return schema, "form" if exploded else "comma"


def _is_deprecated(parameter: Mapping[str, Any]) -> bool:
    described = text(parameter.get("description")).lower()
    return parameter.get("deprecated") is True or described.startswith(("deprecated", "(deprecated", "[deprecated"))


def _shown(parameter: Mapping[str, Any], schema: Any) -> Any:
    """With the example that stands beside the schema."""
    if "example" in parameter and isinstance(schema, dict) and "example" not in schema:
        return {**schema, "example": parameter["example"]}
    return schema


def _only_value(schema: Mapping[str, Any]) -> str | None:
    choices = choices_of(schema)
    if len(choices) != 1 or isinstance(choices[0], list | dict) or choices[0] is None:
        return None
    value = choices[0] if isinstance(choices[0], str) else json.dumps(choices[0])
    return value if value.isascii() and value.isprintable() and len(value) <= _LONGEST_CONSTANT else None


def _as_text(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A header is one text."""
    return {"type": "string", "description": f"{text(schema.get('description'))} Several are separated by commas."}


def _refuse_cookie(parameter: Mapping[str, Any], wire: str) -> None:
    if parameter.get("required") is True:
        raise Skip(Reason.COOKIE, f"It needs the cookie `{wire[:80]}`, and calls send none but a connection's own.")


def _refuse_credential_in_path(wire: str) -> None:
    if is_always_one(wire) and wire.lower() != "authorization":  # which vendors of cards have as a thing
        raise Skip(Reason.CREDENTIAL, f"Its path holds a credential ({wire[:80]}), and no model may see one.")


def tags_of(written: Mapping[str, Any]) -> list[str]:
    return [tag[:64] for tag in listed(written.get("tags")) if isinstance(tag, str) and tag][:5]
