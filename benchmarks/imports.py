"""How fast files of memories come in and go out.

    python3 run.py bench imports [--lines 50000] [--vectors 0]

One worker's turn after turn, and nobody else: lines of 150 letters with a namespace, tags and metadata, everything on
(checks, redaction, the words that searches are answered from, rows for the vectors). Then the same file once more, of
which every line is there already; then an export of all of it. With --vectors each line brings one of that length.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from uuid import UUID

from benchmarks.world import database

NAMESPACES = 1_000
END_USERS = 10_000
WORDS = (
    "prefers morning meetings asked about the renewal of Apollo which is due in March and likes short summaries "
    "with numbers from the last quarter before anybody calls the office in Lisbon about travel or invoices"
)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench imports", description="How fast memories come in and go out.")
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--vectors", type=int, default=0, metavar="LENGTH", help="Each line brings one; 0: none.")
    options = parser.parse_args(argv)
    with database():
        _measure(options.lines, options.vectors)


def _measure(lines: int, length: int) -> None:
    # Django's settings exist only now.
    from accounts.caller import System  # noqa: PLC0415
    from accounts.tenancy import platform  # noqa: PLC0415
    from accounts.tenants import create_tenant  # noqa: PLC0415
    from memory.exporting.pages import Wanted, export_pages  # noqa: PLC0415
    from memory.models import EmbeddingModel  # noqa: PLC0415

    by = System("benchmark")
    with platform():
        tenant = create_tenant(slug="bench", name="Benchmark", actor=by.actor)
    EmbeddingModel.objects.create(name="bench", dimensions=length or 384, state="active")
    print(f"{lines:,} lines{f' with vectors of {length}' if length else ''}\n")
    print(f"{'':20}{'lines/s':>10}{'CPU ms of the worker for 1,000 lines':>40}")
    _tell("imported", lines, lambda: _import(tenant.id, lines, length))
    _tell("all there already", lines, lambda: _import(tenant.id, lines, length))
    wanted = Wanted(vectors=bool(length))
    _tell("exported", lines, lambda: sum(map(len, export_pages(tenant_id=tenant.id, by=by, wanted=wanted))))


def _import(tenant_id: UUID, lines: int, length: int) -> None:
    from accounts.caller import System  # noqa: PLC0415
    from memory.importing.begin import begin_import  # noqa: PLC0415
    from memory.importing.work import work_imports  # noqa: PLC0415

    begin_import(tenant_id=tenant_id, by=System("benchmark"), lines=_file(lines, length))
    while work_imports():
        pass


def _file(lines: int, length: int) -> Iterator[bytes]:
    chance, words = random.Random(1), WORDS.split()
    for number in range(lines):
        line: dict[str, object] = {
            "content": f"Customer {number} " + " ".join(chance.choices(words, k=24)),
            "namespace": f"crm/{number % NAMESPACES}",
            "end_user": f"user-{number % END_USERS}",
            "tags": ["crm", f"team-{number % 20}"],
            "metadata": {"account": number, "region": "south"},
        }
        if length:
            line |= {"model": "bench", "vector": [round(chance.gauss(0, 1), 4) for _ in range(length)]}
        yield json.dumps(line).encode() + b"\n"


def _tell(what: str, lines: int, work: Callable[[], object]) -> None:
    """Its own CPU, which hardly depends on what else the machine does; PostgreSQL's comes on top."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    print(f"{what:20}{lines / took:>10,.0f}{cpu * 1_000_000 / lines:>40,.0f}")
