"""What an action takes: every field named and described as providers take it, all of them within a budget."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.openapi.credentials import is_always_one
from integrations.openapi.fields import BODY, ORDER, PATH, WHOLE, Field, Request
from integrations.openapi.names import property_name, says_only
from integrations.openapi.prose import joined, plain
from integrations.openapi.references import References
from integrations.openapi.report import Reason, Skip
from integrations.openapi.schemas import Detail, TooLarge, Writer

LONGEST_FIELD_DESCRIPTION = 200
MOST_FIELDS = 200
BUDGET = 9_000
"""Characters of an input's description, some 3,000 tokens: beyond that less is told, level by level."""
_LEVELS = ((6, 160), (4, 120), (3, 90), (2, 80), (2, 40), (1, 80), (1, 40), (1, 0), (0, 60), (0, 0))
"""Depth of objects, and characters of a nested description."""
_LARGEST = 60_000
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_FILE = {
    "type": ["string", "object"],
    "properties": {
        "base64": {"type": "string"},
        "filename": {"type": "string"},
        "content_type": {"type": "string"},
    },
}
_FILE_WORDS = 'Its text, or {"base64": …} with filename and content_type.'


@dataclass(frozen=True)
class Input:
    """What an action takes, as the connector format has it."""

    path: str
    """With its placeholders called as the properties are."""
    action: dict[str, Any]
    """The fields of the action that say it."""
    is_cut: bool
    dangling: frozenset[str]


def shape_input(request: Request, path: str, references: References) -> Input:
    """With as much detail as fits into the budget. Raises Skip for what is too large without any."""
    fields = _ordered(request.fields)
    is_cut = len(fields) > MOST_FIELDS
    fields = fields[:MOST_FIELDS]
    names = _names(fields)
    for depth, words in _LEVELS:
        last = (depth, words) == _LEVELS[-1]
        writer = Writer(references, Detail(depth, words, _LARGEST if last else BUDGET))
        try:
            parameters = {
                names[index]: _parameter(one, names[index], writer, words) for index, one in enumerate(fields)
            }
        except TooLarge:
            is_cut = True
            continue
        return Input(
            _PLACEHOLDER.sub(lambda match: f"{{{_placed(match[1], fields, names)}}}", path),
            _as_action(request, fields, names, parameters, writer),
            is_cut or writer.is_cut,
            frozenset(writer.dangling),
        )
    raise Skip(Reason.TOO_LARGE, f"What it takes comes to more than {_LARGEST:,} characters.")


def _ordered(fields: tuple[Field, ...]) -> list[Field]:
    """Required ones first, and by place."""
    return sorted(fields, key=lambda one: (not one.required, ORDER.index(one.place)))


def _names(fields: list[Field]) -> list[str]:
    """Legal and different. Of fields alike the one in the path keeps its name, then the query's, the header's."""
    names: dict[int, str] = {}
    for index in sorted(range(len(fields)), key=lambda index: ORDER.index(fields[index].place)):
        one = fields[index]
        wire = f"{one.wire}_id" if is_always_one(one.wire) else one.wire
        names[index] = property_name(wire, set(names.values()), BODY if one.place == WHOLE else one.place)
    return [names[index] for index in range(len(fields))]


def _placed(wire: str, fields: list[Field], names: list[str]) -> str:
    return next(names[index] for index, one in enumerate(fields) if one.place == PATH and one.wire == wire)


def _parameter(field: Field, name: str, writer: Writer, words: int) -> dict[str, Any]:
    own = plain(field.description, LONGEST_FIELD_DESCRIPTION if words else 60)
    if field.is_file:
        files = {"type": "array", "items": _FILE} if field.is_list else _FILE
        return {**files, "description": joined(own, _FILE_WORDS), **_placing(field, name)}
    schema = writer.write(field.schema, open_=field.open_, name=field.wire)
    if own and not says_only(own, field.wire):
        kind = {"type": schema.pop("type")} if "type" in schema else {}
        schema = {**kind, "description": own, **{key: value for key, value in schema.items() if key != "description"}}
    return {**schema, **_placing(field, name)}


def _placing(field: Field, name: str) -> dict[str, Any]:
    wire = name if field.place in (PATH, WHOLE) else field.wire
    return {
        "in": field.place,
        **({"as": wire} if wire != name else {}),
        **({"style": field.style} if field.style else {}),
    }


def _as_action(
    request: Request, fields: list[Field], names: list[str], parameters: Mapping[str, Any], writer: Writer
) -> dict[str, Any]:
    return {
        "parameters": parameters,
        "required": [names[index] for index, one in enumerate(fields) if one.required],
        "body": request.body.format if request.body.format != "json" else "",
        "query": dict(request.constant_query),
        "headers": dict(request.constant_headers),
        "renamed": writer.renamed,
    }
