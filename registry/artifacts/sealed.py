"""Writing content in sealed chunks, and reading any part of it without reading the rest."""

import hashlib
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO

from integrations.errors import SealBroken
from integrations.vault.chunks import CHUNK_OVERHEAD, HEAD_BYTES, ChunkOpener, ChunkSealer
from registry.artifacts.storage import artifact_storage, put
from registry.models import Artifact

CHUNK_BYTES = 64 * 1024
HELD_IN_MEMORY = 1024 * 1024
"""Sealed bytes of a file that is being written; what is longer waits on the disk, sealed."""

_CHUNKS_AT_ONCE = 16
_CONTINUATIONS = bytes(range(0x80, 0xC0))  # of a letter of several bytes all but the first


class MoreThanAllowed(Exception):
    """The content is longer than may be kept."""


@dataclass(frozen=True)
class Written:
    size: int
    sha256: str
    weight: int
    line_count: int
    newlines_before: bytes
    """How many line ends come before each chunk, as 4-byte numbers."""


def write(name: str, pieces: Iterable[bytes], sealer: ChunkSealer, *, most: int) -> Written:
    """Seal the pieces and put them into the storage under this name.

    Raises MoreThanAllowed before anything is there, OSError when the storage does not take it.
    """
    with SpooledTemporaryFile(max_size=HELD_IN_MEMORY) as file:
        written = _seal(pieces, file, sealer, most)
        file.seek(0)
        put(name, file)
    return written


def _seal(pieces: Iterable[bytes], file: IO[bytes], sealer: ChunkSealer, most: int) -> Written:
    digest, size, letters, newlines, last = hashlib.sha256(), 0, 0, 0, b""
    before = array("I")
    file.write(sealer.head)
    for number, chunk in enumerate(_in_chunks(pieces)):
        size += len(chunk)
        if size > most:
            raise MoreThanAllowed
        before.append(newlines)
        newlines += chunk.count(b"\n")
        letters += len(chunk.translate(None, _CONTINUATIONS))
        digest.update(chunk)
        file.write(sealer.seal(number, chunk))
        last = chunk
    lines = newlines + (1 if last and not last.endswith(b"\n") else 0)
    return Written(size, digest.hexdigest(), 2 * size - letters, lines, before.tobytes())


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)


@dataclass(frozen=True)
class SealedBytes:
    """What `write` has put into the storage, to be read in parts."""

    storage_name: str
    size: int
    opener: ChunkOpener

    def parts(self, start: int, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, piece by piece.

        Raises OSError when the storage does not give them, SealBroken when they are not what was kept.
        """
        stop = self.size if stop is None else min(stop, self.size)
        if start >= stop:
            return
        first, last = start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES
        for number in range(first, last + 1, _CHUNKS_AT_ONCE):
            for offset, chunk in enumerate(self._chunks(number, min(number + _CHUNKS_AT_ONCE - 1, last)), number):
                begins = offset * CHUNK_BYTES
                yield chunk[max(0, start - begins) : stop - begins]

    def _chunks(self, first: int, last: int) -> Iterator[bytes]:
        whole = CHUNK_BYTES + CHUNK_OVERHEAD
        ends = min((last + 1) * CHUNK_BYTES, self.size)
        length = ends - first * CHUNK_BYTES + (last - first + 1) * CHUNK_OVERHEAD
        sealed = artifact_storage().read_range(self.storage_name, HEAD_BYTES + first * whole, length)
        if len(sealed) != length:
            raise SealBroken
        for number in range(first, last + 1):
            at = (number - first) * whole
            yield self.opener.open(number, sealed[at : at + whole])


@dataclass(frozen=True)
class Sealed:
    """An artifact's content, to be read in parts."""

    artifact: Artifact
    opener: ChunkOpener

    @property
    def size(self) -> int:
        return self.artifact.size

    def read(self, start: int, stop: int) -> bytes:
        return b"".join(self.parts(start, stop))

    def parts(self, start: int, stop: int | None = None) -> Iterator[bytes]:
        """As `SealedBytes.parts`."""
        return SealedBytes(self.artifact.storage_name, self.size, self.opener).parts(start, stop)

    def start_of_line(self, line: int) -> int:
        """The offset at which a line begins, counted from 1; the size when there is no such line."""
        if line <= 1:
            return 0
        wanted = line - 1  # line ends before it
        before = self._newlines_before
        if not before:
            return self.size
        # In the last chunk with fewer line ends before it.
        number = max(0, bisect_left(before, wanted) - 1)
        at = number * CHUNK_BYTES
        ends = re.finditer(b"\n", self.read(at, at + CHUNK_BYTES))
        end = next(islice(ends, wanted - before[number] - 1, None), None)
        return at + end.end() if end else self.size

    def line_at(self, offset: int) -> int:
        """The number of the line in which this byte stands."""
        if not self.size:
            return 1
        number = min(offset, self.size - 1) // CHUNK_BYTES
        return 1 + self._newlines_before[number] + self.read(number * CHUNK_BYTES, offset).count(b"\n")

    @property
    def _newlines_before(self) -> "array[int]":
        numbers = array("I")
        numbers.frombytes(bytes(self.artifact.newlines_before))
        return numbers
