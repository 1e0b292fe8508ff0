"""The process that reads a description. It holds no database, no secret and no socket, and is ended when it grows.

A description of 13 MB takes hundreds of megabytes and seconds of a processor to read; a hostile one would take more.
In a worker's own process that would hold up its calls, and memory that Python once has it seldom gives back.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.importing.files import Files
from integrations.openapi.bundle import Fetch, Unfetched
from integrations.openapi.wire import read_frame, write_frame

log = logging.getLogger(__name__)

MODULE = "integrations.openapi"
LONGEST_SECONDS = 600.0
ROOT = Path(__file__).resolve().parents[2]


TOO_MUCH = (
    "Reading the files took more memory or time than an import may take. Hand in a part of them: the paths that your "
    "agents need, with the components they refer to."
)


class Unread(Exception):
    """The files cannot be read; the message is a sentence that says why."""


@dataclass(frozen=True)
class Order:
    """What is to be read, as what, and whose names are known."""

    slug: str
    files: Files
    origin: str = ""
    known: dict[str, str] = field(default_factory=dict)
    """Slugs of the actions that the connector has by now, by their calls."""


@dataclass(frozen=True)
class Reading:
    document: dict[str, Any]
    report: dict[str, Any]


def read_files(order: Order, *, fetch: Fetch, progress: Callable[[int, int], None]) -> Reading:
    """Raises Unread with a sentence, also when the reading took too much time or memory."""
    process = subprocess.Popen(
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        # Nothing of ours: no address of a database, no key.
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")},
    )
    watch = threading.Timer(LONGEST_SECONDS, process.kill)
    watch.start()
    try:
        return _conversation(process, order, fetch, progress)
    except (BrokenPipeError, EOFError) as error:
        raise Unread(_why_it_ended(process)) from error
    finally:
        watch.cancel()
        process.kill()
        process.communicate()


def _why_it_ended(process: "subprocess.Popen[bytes]") -> str:
    _, complaint = process.communicate()
    kind = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2].partition(":")[0]
    if process.returncode < 0 or kind == "MemoryError":
        return TOO_MUCH
    log.error("Reading a description ended with %s.", kind[:100], extra={"action": "import_broken"})
    return "The files could not be read, and it is our fault: the log says more. Report it with the files."


def _conversation(
    process: "subprocess.Popen[bytes]", order: Order, fetch: Fetch, progress: Callable[[int, int], None]
) -> Reading:
    """It is told the order, may ask for files and say how far it is, and ends with what it found or why not."""
    assert process.stdin is not None  # noqa: S101  opened above
    assert process.stdout is not None  # noqa: S101
    head = {"slug": order.slug, "origin": order.origin, "main": order.files.main, "known": order.known}
    write_frame(process.stdin, json.dumps(head).encode())
    write_frame(process.stdin, order.files.pack())
    while True:
        told = json.loads(read_frame(process.stdout))
        if "progress" in told:
            progress(*told["progress"])
        elif "fetch" in told:
            content, sentence = _fetched(told["fetch"], fetch)
            write_frame(process.stdin, sentence.encode())
            write_frame(process.stdin, content)
        elif "unread" in told:
            raise Unread(told["unread"])
        else:
            return Reading(document=told["document"], report=told["report"])


def _fetched(url: str, fetch: Fetch) -> tuple[bytes, str]:
    """The content, or a sentence on why there is none."""
    try:
        return fetch(url), ""
    except Unfetched as error:
        return b"", str(error) or "It could not be fetched."
