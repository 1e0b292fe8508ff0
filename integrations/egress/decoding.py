"""Undoing a Content-Encoding without ever holding more than the limit."""

import zlib
from collections.abc import Generator, Iterator
from typing import Any

from integrations.errors import UpstreamBroken, UpstreamTooLarge

PIECE_BYTES = 65_536
"""What is unpacked at once."""
MOST_MEMBERS = 10_000
"""Of one gzip body. Each costs some work, however little is in it."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_GZIP_HEAD = b"\x1f\x8b"
_PLAIN = ("", "identity")
_GZIPPED = ("gzip", "x-gzip")
_DEFLATED = "deflate"


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """The body in clear. Raises UpstreamTooLarge beyond `limit` bytes, UpstreamBroken when it cannot be decoded."""
    if encoding.strip().lower() in _PLAIN or not body:
        return body
    decoder, view = Decoder(encoding, limit), memoryview(body)
    pieces = [
        piece
        for start in range(0, len(body), PIECE_BYTES)
        for piece in decoder.feed(bytes(view[start : start + PIECE_BYTES]))
    ]
    decoder.end()
    return b"".join(pieces)


class Decoder:
    """For a body that comes in pieces; what it gives out is never more than a piece at a time."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._coding = encoding.strip().lower()
        self._limit = limit
        self._size = self._unpacked = 0
        self._held = b""
        self._inflater: Any = None
        self._members = 0

    def feed(self, body: bytes) -> Iterator[bytes]:
        """What these bytes are in clear. Raises like `decode`."""
        self._size += len(body)
        self._keep_within(self._size, "")
        if self._coding in _PLAIN:
            yield body
            return
        if self._coding not in (*_GZIPPED, _DEFLATED):
            raise _not_asked_for(self._coding)
        rest, self._held = self._held + body, b""
        while rest and (self._inflater is not None or self._begin(rest)):
            rest = yield from self._inflate(rest)

    def end(self) -> None:
        """There is no more. Raises UpstreamBroken when there has to be."""
        if self._inflater is not None or (self._held and not self._members):
            raise _ends_too_early()

    def _begin(self, rest: bytes) -> bool:
        """Whether a gzip member, or the deflated stream, begins here: told by its first two bytes."""
        if self._members and self._coding == _DEFLATED:
            return False
        if len(rest) < 2:
            self._held = rest
            return False
        if self._members and rest[:2] != _GZIP_HEAD:
            return False
        if self._members == MOST_MEMBERS:
            raise UpstreamTooLarge(f"The service's compressed answer has more than {MOST_MEMBERS} parts.")
        self._inflater = zlib.decompressobj(_deflated_as(rest) if self._coding == _DEFLATED else _GZIP)
        return True

    def _inflate(self, rest: bytes) -> Generator[bytes, None, bytes]:
        """Gives back what follows the member."""
        inflater = self._inflater
        while True:
            try:
                piece = inflater.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise _damaged() from error
            self._unpacked += len(piece)
            self._keep_within(self._unpacked, " once it is unpacked")
            if piece:
                yield piece
            rest = inflater.unconsumed_tail
            if inflater.eof:
                self._inflater, self._members = None, self._members + 1
                return bytes(inflater.unused_data)
            if not rest and len(piece) < PIECE_BYTES:
                return b""

    def _keep_within(self, size: int, what: str) -> None:
        if size > self._limit:
            raise UpstreamTooLarge(f"The service's answer is larger than {self._limit} bytes{what}. Ask it for less.")


def _deflated_as(body: bytes) -> int:
    """Most servers send zlib, as the standard says, and a few the bare stream."""
    has_zlib_head = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _ZLIB if has_zlib_head else _RAW


def _not_asked_for(coding: str) -> UpstreamBroken:
    return UpstreamBroken(f"The service answered in the encoding {coding[:40]!r}, which was not asked for.")


def _damaged() -> UpstreamBroken:
    return UpstreamBroken("The service's compressed answer is damaged.")


def _ends_too_early() -> UpstreamBroken:
    return UpstreamBroken("The service's compressed answer ends too early.")
