"""The process that reads a description (`integrations/importing/reader.py` starts it and knows both sides' words)."""

import io
import json
import resource
import sys
import zipfile
from collections.abc import Callable
from typing import IO, Any

from integrations.documents import BadDocument
from integrations.openapi.bundle import Unfetched, bundle
from integrations.openapi.convert import convert
from integrations.openapi.report import Report
from integrations.openapi.wire import read_frame, write_frame

MOST_MEMORY_BYTES = 1_000_000_000
MOST_PROCESSOR_SECONDS = 300


def main() -> None:
    _bound(resource.RLIMIT_AS, MOST_MEMORY_BYTES)
    _bound(resource.RLIMIT_CPU, MOST_PROCESSOR_SECONDS)
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """One order, and the answer to it."""
    order = json.loads(read_frame(asked))
    with zipfile.ZipFile(io.BytesIO(read_frame(asked))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    def tell(frame: Any) -> None:
        write_frame(told, json.dumps(frame).encode())

    def fetch(url: str) -> bytes:
        tell({"fetch": url})
        sentence, content = read_frame(asked).decode(), read_frame(asked)
        if sentence:
            raise Unfetched(sentence)
        return content

    report = Report()
    try:
        root = bundle(order["main"], files, fetch=fetch, report=report)
        converted = convert(
            root,
            slug=order["slug"],
            origin=order["origin"],
            known=order["known"],
            report=report,
            progress=_in_steps(lambda done, total: tell({"progress": [done, total]})),
        )
    except (BadDocument, Unfetched) as error:
        tell({"unread": str(error)})
        return
    tell({"document": converted.document, "report": report.as_json()})


def _in_steps(progress: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Each hundredth, not each operation."""
    last = -1

    def step(done: int, total: int) -> None:
        nonlocal last
        if (now := 100 * done // max(total, 1)) > last:
            last = now
            progress(done, total)

    return step


def _bound(kind: int, most: int) -> None:
    """macOS has no bound of memory; there the bounds of the documents have to do."""
    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or hard > most:
        try:
            resource.setrlimit(kind, (most, hard))
        except (OSError, ValueError):
            return


if __name__ == "__main__":
    main()
