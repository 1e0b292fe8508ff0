"""What a call takes, field by field, before it has a name and a schema of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.openapi.flat import START, Open

PATH, QUERY, HEADER, BODY, WHOLE = "path", "query", "header", "body", "content"
"""The places of the connector format; the last is the body as a whole."""
ORDER = (PATH, QUERY, HEADER, BODY, WHOLE)


@dataclass(frozen=True)
class Field:
    """One thing that a caller gives."""

    wire: str
    """Its name on the wire."""
    place: str
    schema: Any
    """As the document has it."""
    required: bool = False
    description: str = ""
    style: str = ""
    """As the connector format has it; empty: the usual one."""
    is_file: bool = False
    is_list: bool = False
    """Of files."""
    open_: Open = START
    """The references that led to its schema."""


@dataclass(frozen=True)
class Body:
    fields: tuple[Field, ...] = ()
    format: str = "json"
    media_type: str = ""
    """Where it is not the format's usual one."""
    note: str = ""
    """What cannot be said by a schema: which fields belong together."""


@dataclass(frozen=True)
class Request:
    """Everything that one operation takes."""

    fields: tuple[Field, ...]
    body: Body = field(default_factory=Body)
    constant_query: Mapping[str, str] = field(default_factory=dict)
    constant_headers: Mapping[str, str] = field(default_factory=dict)
