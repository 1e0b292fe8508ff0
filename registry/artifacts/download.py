"""An artifact as a file: what its headers say, and which part a Range asks for.

It lies on our origin and anybody may have written it. So it is always saved, never shown; and should a browser show it
nevertheless, it does so in a sandbox that runs nothing (a hosted page would act as whoever is signed in here).
"""

import mimetypes
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice

from django.http import StreamingHttpResponse

from registry.artifacts.sealed import Sealed
from registry.artifacts.threads import in_storage_thread
from registry.errors import RangeNotSatisfiable

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECES_AT_ONCE = 16
_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
}


def download(sealed: Sealed, asked: Mapping[str, str], *, head_only: bool = False) -> StreamingHttpResponse:
    """The whole file, or the one range that was asked for (RFC 9110, 14.2). `asked` are the request's headers.

    Its beginning is read here, so that what is wrong with the storage is found before an answer has begun.
    """
    etag = f'"{sealed.artifact.sha256}"'
    headers = {**_HARMLESS, "ETag": etag, "Content-Disposition": f'attachment; filename="{_file_name(sealed)}"'}
    wanted = asked.get("Range", "") if asked.get("If-Range", etag) == etag else ""
    part = _part(wanted, sealed.size)
    start, stop = part or (0, sealed.size)
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{sealed.size}"
    headers["Content-Length"] = str(stop - start)
    parts = sealed.parts(start, start if head_only else stop)
    return StreamingHttpResponse(
        _pieces(_next_piece(parts), parts),
        status=206 if part else 200,
        content_type=content_type(sealed),
        headers=headers,
    )


def content_type(sealed: Sealed) -> str:
    kind = sealed.artifact.media_type
    return f"{kind}; charset=utf-8" if sealed.artifact.is_text and kind.startswith("text/") else kind


def _file_name(sealed: Sealed) -> str:
    return f"{sealed.artifact.execution_id}{mimetypes.guess_extension(sealed.artifact.media_type) or '.bin'}"


def _part(wanted: str, size: int) -> tuple[int, int] | None:
    """From where to before where; None: all of it, also for several ranges and for what is none."""
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return None
    if start >= stop:
        raise RangeNotSatisfiable(f"The artifact has {size:,} bytes. Ask for a range within.")
    return start, stop


def _next_piece(parts: Iterator[bytes]) -> bytes:
    return b"".join(islice(parts, _PIECES_AT_ONCE))


async def _pieces(piece: bytes, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Read and opened in a thread; the next piece when the last one was taken."""
    while piece:
        yield piece
        piece = await in_storage_thread(_next_piece, parts)
