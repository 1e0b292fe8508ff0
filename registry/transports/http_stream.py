"""From an HTTP answer that is still arriving to the parts that its caller is told: events, lines or text."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from accounts.api.parsing import read_json
from accounts.errors import Malformed
from registry.errors import UpstreamRefused
from registry.transports.base import Chunk
from registry.transports.event_stream import LONGEST_EVENT, EventStreamReader
from registry.transports.http_reply import content_type
from registry.transports.text import decoder, storable

ACCEPT = "text/event-stream, application/x-ndjson, text/plain;q=0.8, application/json;q=0.7, */*;q=0.5"

_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"})


class Reader(Protocol):
    """Fed with bytes, gives the parts that they complete."""

    is_text: bool
    """Its parts are pieces of one text."""

    def feed(self, piece: bytes) -> Iterator[Chunk]: ...
    def end(self) -> Iterator[Chunk]: ...


def reader_for(headers: Mapping[str, str]) -> Reader | None:
    """How an answer with these headers is taken apart; None: it means something only as a whole."""
    media_type, charset = content_type(headers.get("Content-Type", ""))
    if media_type == "text/event-stream":
        return _Events()
    if media_type in _LINES:
        return _Lines()
    if media_type.startswith("text/"):
        return _Text(charset)
    return None


class _Events:
    """Server-Sent Events; data that is JSON is told as such."""

    is_text = False

    def __init__(self) -> None:
        self._reader = EventStreamReader()

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        return (Chunk(_value(sent.data), sent.event) for sent in self._reader.feed(piece))

    def end(self) -> Iterator[Chunk]:
        return (Chunk(_value(sent.data), sent.event) for sent in self._reader.end())


class _Lines:
    """NDJSON: a JSON value a line."""

    is_text = False

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        *lines, rest = piece.split(b"\n")
        for line in lines:
            whole, self._rest, self._size = b"".join([*self._rest, line]), [], 0
            if whole.strip():
                yield Chunk(_json(whole))
        self._rest.append(rest)
        self._size += len(rest)
        if self._size > LONGEST_EVENT:
            raise UpstreamRefused(f"The tool's service sent a line of more than {LONGEST_EVENT} bytes.")

    def end(self) -> Iterator[Chunk]:
        return self.feed(b"\n")


class _Text:
    is_text = True

    def __init__(self, charset: str) -> None:
        self._decoder = decoder(charset)

    def feed(self, piece: bytes) -> Iterator[Chunk]:
        return self._told(self._decoder.decode(piece))

    def end(self) -> Iterator[Chunk]:
        return self._told(self._decoder.decode(b"", final=True))

    def _told(self, text: str) -> Iterator[Chunk]:
        if text:
            yield Chunk(storable(text), goes_on=True)


def _value(data: str) -> Any:
    if data[:1] not in tuple('{["'):
        return storable(data)
    try:
        return read_json(data.encode())
    except Malformed:
        return storable(data)


def _json(line: bytes) -> Any:
    try:
        return read_json(line)
    except Malformed as error:
        raise UpstreamRefused(
            f"The tool's service announced a JSON value a line and sent something else. {error.message}"
        ) from error
