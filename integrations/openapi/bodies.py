"""Bodies: the fields of an object side by side with the parameters, and everything else as one field of its own."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.openapi.credentials import carries_credential, is_always_one
from integrations.openapi.document import mapping, text
from integrations.openapi.fields import BODY, WHOLE, Body, Field
from integrations.openapi.flat import Open, Recursive, branches_of, flat, required_of, united
from integrations.openapi.parameters import Schemes
from integrations.openapi.references import Dangling, References
from integrations.openapi.scalars import kinds_of
from integrations.openapi.schemas import properties_of

CONTENT = "content"
"""What a body of plain bytes is called."""
_JSON = re.compile(r"application/(?:[a-z0-9.+_-]*\+)?json\b|text/json\b|\*/\*|application/\*", re.IGNORECASE)
_USUAL_JSON = re.compile(r"application/json\s*(?:;\s*charset=.*)?\Z|\*/\*|application/\*|text/json", re.IGNORECASE)
_MERGE = re.compile(r"application/(?:strategic-)?merge-patch\+json", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[!-~]{1,100}/[!-~]{1,100}(?: ?;[ -~]{1,100})?")
_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/"
_STYLES = {"deepObject": "deepObject", "spaceDelimited": "space", "pipeDelimited": "pipe"}
_MOST_TOLD = 4


class Bodies:
    """Reads the body of one operation."""

    def __init__(self, references: References, schemes: Schemes) -> None:
        self._references = references
        self._schemes = schemes
        self.credentials: list[str] = []
        """Names of required fields that only a connection may give, and gives nowhere in a body."""

    def read(self, written: Mapping[str, Any]) -> Body:
        """The best of the media types that the body may have. Raises Dangling when nothing says what it holds."""
        media_type, media = _chosen(mapping(written.get("content")))
        needed = written.get("required") is True
        described = text(written.get("description"))
        if not media_type:
            return Body()
        if _JSON.match(media_type):
            return self._json(media_type, media, described, needed=needed)
        if media_type.lower().startswith((_FORM, _MULTIPART)):
            return self._form(media_type, media, described, needed=needed)
        return self._bytes(media_type, media, described, needed=needed)

    def _json(self, media_type: str, media: Mapping[str, Any], described: str, *, needed: bool) -> Body:
        own = "" if _USUAL_JSON.match(media_type) or not _MEDIA_TYPE.fullmatch(media_type) else media_type
        schema = media.get("schema", {})
        try:
            found, open_ = flat(schema, self._references)
        except Recursive:
            found, open_ = {}, frozenset()
        if not found and _MERGE.match(media_type):
            schema = {"type": "object"}
        whole = Field(wire=BODY, place=WHOLE, schema=schema, required=needed, description=described)
        laid = self._laid_out(found, open_)
        if laid is None:
            return Body((whole,), "json", own)
        fields, note = laid
        return Body(fields, "json", own, note)

    def _laid_out(self, schema: dict[str, Any], open_: Open) -> tuple[tuple[Field, ...], str] | None:
        """The fields of an object, and words on those that belong together; None for what is none, or an open one."""
        note = ""
        if branches_of(schema):
            together = united(schema, self._references, open_)
            if together is None:
                return None
            schema, needs = together
            note = _either(needs)
        kinds, _ = kinds_of(schema)
        properties = properties_of(schema, self._references)
        if kinds not in (["object"], []) or not properties:
            return None
        return tuple(self._fields(schema, properties, open_)), note

    def _fields(self, schema: Mapping[str, Any], properties: Mapping[str, Any], open_: Open) -> list[Field]:
        required, fields = set(required_of(dict(schema))), []
        for name, one in properties.items():
            if carries_credential(name, BODY, mapping(one), self._schemes):
                self.credentials += [name] if name in required and is_always_one(name) else []
            else:
                fields.append(Field(wire=name, place=BODY, schema=one, required=name in required, open_=open_))
        return fields

    def _form(self, media_type: str, media: Mapping[str, Any], described: str, *, needed: bool) -> Body:
        kind = "form" if media_type.lower().startswith(_FORM) else "multipart"
        try:
            found, open_ = flat(media.get("schema", {}), self._references)
        except Recursive:
            found, open_ = {}, frozenset()
        fields, note = self._laid_out(found, open_) or ((), "")
        if not fields:
            if kind == "multipart" and needed:
                return Body((Field("file", BODY, {}, required=True, description=described, is_file=True),), kind)
            return Body()
        encoding = mapping(media.get("encoding"))
        styled = [self._in_form(one, mapping(encoding.get(one.wire)), multipart=kind == "multipart") for one in fields]
        return Body(tuple(styled), kind, note=note)

    def _in_form(self, field: Field, encoding: Mapping[str, Any], *, multipart: bool) -> Field:
        try:
            found, _ = flat(field.schema, self._references, field.open_)
        except (Dangling, Recursive):
            return field
        if multipart:
            is_list = kinds_of(found)[0] == ["array"]
            return replace(field, is_file=self._is_file(found, field, is_list=is_list), is_list=is_list)
        kinds, _ = kinds_of(found)
        style = _form_style(encoding, kinds, found, self._references)
        return replace(field, style=style)

    def _is_file(self, schema: Mapping[str, Any], field: Field, *, is_list: bool) -> bool:
        if is_list:
            try:
                schema = flat(schema.get("items", {}), self._references, field.open_)[0]
            except (Dangling, Recursive):
                return False
        return _is_binary(schema)

    def _bytes(self, media_type: str, media: Mapping[str, Any], described: str, *, needed: bool) -> Body:
        try:
            found, _ = flat(media.get("schema", {}), self._references)
        except (Dangling, Recursive):
            found = {}
        words = described or text(found.get("description")) or f"What is sent, as {media_type}."
        field = Field(CONTENT, WHOLE, {}, required=needed, description=words, is_file=True)
        constant = media_type if "*" not in media_type and _MEDIA_TYPE.fullmatch(media_type) else ""
        return Body((field,), "bytes", constant)


def _is_binary(schema: Mapping[str, Any]) -> bool:
    encoded = schema.get("contentMediaType") is not None and kinds_of(schema)[0] in (["string"], [])
    return schema.get("format") == "binary" or schema.get("type") == "file" or encoded


def _chosen(content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """JSON before forms before all else; of several kinds of JSON the plain one, then a merge patch."""

    def rank(media_type: str) -> int:
        lower = media_type.lower()
        tests = (
            _USUAL_JSON.match(lower),
            _MERGE.match(lower),
            _JSON.match(lower) and "patch" not in lower,
            _JSON.match(lower),
            lower.startswith(_FORM),
            lower.startswith(_MULTIPART),
            "octet-stream" in lower,
            lower.startswith("text/"),
        )
        return next((place for place, test in enumerate(tests) if test), len(tests))

    if not content:
        return "", {}
    best = min(content, key=rank)
    return best, mapping(content[best])


def _form_style(
    encoding: Mapping[str, Any], kinds: list[str], schema: Mapping[str, Any], references: References
) -> str:
    """OpenAPI 3.0, 4.7.15: without an encoding, objects and lists of them are written as JSON."""
    style = text(encoding.get("style"))
    if style in _STYLES:
        return _STYLES[style]
    if "object" in kinds:
        return "json"
    if "array" not in kinds:
        return ""
    if encoding.get("explode") is False:
        return "comma"
    try:
        items = flat(schema.get("items", {}), references)[0]
    except (Dangling, Recursive):
        return ""
    return "json" if {"object", "array"} & {*kinds_of(items)[0]} else ""


def _either(needs: list[list[str]]) -> str:
    told = [", ".join(one[:6]) for one in needs if one]
    different = list(dict.fromkeys(told))
    if len(different) < 2 or len(told) < len(needs):
        return ""
    return f"Give either: {'; or: '.join(different[:_MOST_TOLD])}."
