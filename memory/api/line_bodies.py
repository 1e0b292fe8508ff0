"""Bodies of JSON lines: handed on as they come in, since nobody holds two gigabytes."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from accounts.api.parsing import refuse_encodings

PIECE = 256 * 1024


class LinesParser(BaseParser):
    """The body in pieces."""

    media_type = "application/x-ndjson"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """An iterator over bytes: a view that takes it for JSON would fail at once."""
        refuse_encodings((parser_context or {}).get("request"))
        return iter(lambda: stream.read(PIECE), b"")


class JsonLinesParser(LinesParser):
    """Its other name."""

    media_type = "application/jsonl"
