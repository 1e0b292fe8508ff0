"""The words of `manage.py memory` about many memories at once: import, export, erase."""

import sys
import time
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.caller import System
from accounts.tenancy import within
from memory.erasing.begin import begin_erasure, count_erasure
from memory.erasing.find import find_erasure
from memory.erasing.proof import as_told
from memory.erasing.work import work_erasures
from memory.exporting.pages import Wanted, export_pages
from memory.importing.begin import begin_import
from memory.importing.find import faults_of, find_import, pace_of
from memory.importing.work import work_imports
from memory.management.tenants import tenant_named
from memory.models import UNENDED, BulkStatus, Erased, MemoryImport, Trust
from memory.namespaces import DEFAULT_NAMESPACE

CONSOLE = System("memory")
PIECE = 256 * 1024
STEP_SECONDS = 1.0
"""Between two lines that say how far an import is."""
LOOK_SECONDS = 0.1
FAULTS_SHOWN = 20


def add_words(words: "_SubParsersAction[Any]") -> None:
    _add_import(words.add_parser("import", help="Import memories from a file of JSON lines."))
    _add_export(words.add_parser("export", help="Write memories as JSON lines."))
    _add_erase(words.add_parser("erase", help="Remove memories for ever, and prove it."))


def does(command: BaseCommand) -> Mapping[str, Callable[[dict[str, Any]], None]]:
    return {word: partial(do, command) for word, do in (("import", _import), ("export", _export), ("erase", _erase))}


def _add_import(parser: ArgumentParser) -> None:
    parser.add_argument("file", help="Its path, or `-` for standard input.")
    parser.add_argument("--tenant", required=True, help="The slug of the tenant that gets them.")
    parser.add_argument("--namespace", default=DEFAULT_NAMESPACE, help="Of lines that name none.")
    parser.add_argument("--trust", choices=Trust.values, default=Trust.UNTRUSTED, help="Of lines that name none.")
    parser.add_argument("--wait", action="store_true", help="Work on it here, say how far it is, until it has ended.")


def _add_export(parser: ArgumentParser) -> None:
    parser.add_argument("--tenant", required=True, help="The slug of the tenant whose they are.")
    parser.add_argument("--namespace", default="", help="With all below it; left out: all.")
    parser.add_argument("--end-user", default="", help="Only what is about them.")
    parser.add_argument("--deleted", action="store_true", help="Those that were deleted or have expired, too.")
    parser.add_argument("--vectors", action="store_true", help="With each its vector.")
    parser.add_argument("--output", metavar="FILE", help="Where to write; left out: standard output.")


def _add_erase(parser: ArgumentParser) -> None:
    parser.add_argument("--tenant", required=True, help="The slug of the tenant whose they are.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--namespace", help="With all below it.")
    which.add_argument("--end-user", help="What is about them.")
    which.add_argument("--all", action="store_true", help="All of the tenant's memories.")
    parser.add_argument("--yes", action="store_true", help="That it is meant; else it is counted, and nothing removed.")


def _import(command: BaseCommand, options: dict[str, Any]) -> None:
    tenant = tenant_named(options["tenant"])
    with ExitStack() as files:
        file = _opened(options["file"], files)
        row = begin_import(
            tenant_id=tenant.id,
            by=CONSOLE,
            lines=iter(lambda: file.read(PIECE), b""),
            namespace=options["namespace"],
            trust=options["trust"],
        )
    command.stdout.write(f"Import {row.id}: {row.total_lines:,} lines.")
    if options["wait"]:
        _wait(command, tenant.id, row.id)


def _wait(command: BaseCommand, tenant_id: UUID, import_id: UUID) -> None:
    row = _looked_at(tenant_id, import_id)
    while row.status in UNENDED:
        if not work_imports(seconds=STEP_SECONDS, only=import_id):
            time.sleep(LOOK_SECONDS)  # it has ended, or a worker has it
        row = _looked_at(tenant_id, import_id)
        command.stdout.write(_progress(row))
    with within(tenant_id):
        for fault in faults_of(by=CONSOLE, import_id=import_id)[:FAULTS_SHOWN]:
            command.stderr.write(f"Line {fault.line}: {fault.path}: {fault.message}")
    if row.status != BulkStatus.SUCCEEDED:
        raise CommandError(f"The import ended as {row.status}. {row.error}".strip())


def _progress(row: MemoryImport) -> str:
    pace = pace_of(row)
    said = f"{row.line:,} of {row.total_lines:,} lines: {row.created:,} created, {row.duplicates:,} there already, "
    said += f"{row.refused:,} refused"
    if pace.lines_per_second is not None:
        said += f"; {pace.lines_per_second:,.0f} lines/s"
    return f"{said}; {pace.eta_seconds:,.0f} s to go." if pace.eta_seconds is not None else f"{said}."


def _export(command: BaseCommand, options: dict[str, Any]) -> None:
    tenant = tenant_named(options["tenant"])
    wanted = Wanted(options["namespace"], options["end_user"], options["deleted"], options["vectors"])
    pages = export_pages(tenant_id=tenant.id, by=CONSOLE, wanted=wanted)
    if options["output"] is None:
        for page in pages:
            command.stdout.write(page.decode(), ending="")
        return
    command.stdout.write(f"{_written(pages, Path(options['output'])):,} memories.")


def _written(pages: Iterator[bytes], path: Path) -> int:
    """Whole or not at all: until it is, it has another name."""
    unfinished, count = path.with_name(f"{path.name}.part"), 0
    with unfinished.open("wb") as file:
        unfinished.chmod(0o600)
        for page in pages:
            file.write(page)
            count += page.count(b"\n")
    unfinished.rename(path)
    return count


def _erase(command: BaseCommand, options: dict[str, Any]) -> None:
    tenant = tenant_named(options["tenant"])
    what, target = _target(options)
    if not options["yes"]:
        with within(tenant.id):
            counts = count_erasure(by=CONSOLE, what=what, target=target)
        for table, count in counts.items():
            command.stdout.write(f"{table}: {count:,}")
        raise CommandError("So much would be removed, for ever. Say --yes if that is meant.")
    with within(tenant.id):
        row = begin_erasure(tenant_id=tenant.id, by=CONSOLE, what=what, target=target)
    while _is_unended(tenant.id, row.id):
        if not work_erasures(seconds=STEP_SECONDS, only=row.id):
            time.sleep(LOOK_SECONDS)
    with within(tenant.id):
        row = find_erasure(by=CONSOLE, erasure_id=row.id)
        proof = as_told(row)
    for table, count in proof["removed"].items():
        command.stdout.write(f"{table}: {count:,} removed, {proof['found_after'].get(table, 0):,} found afterwards.")
    command.stdout.write(f"Erasure {row.id}: {proof['ids']:,} ids, digest {proof['ids_digest']}.")
    command.stdout.write("\n".join(proof["remains"]))


def _is_unended(tenant_id: UUID, erasure_id: UUID) -> bool:
    with within(tenant_id):
        return find_erasure(by=CONSOLE, erasure_id=erasure_id).status in UNENDED


def _target(options: dict[str, Any]) -> tuple[str, str]:
    if options["all"]:
        return Erased.TENANT, ""
    if options["namespace"] is not None:
        return Erased.NAMESPACE, options["namespace"]
    return Erased.END_USER, options["end_user"]


def _opened(name: str, files: ExitStack) -> IO[bytes]:
    if name == "-":
        return sys.stdin.buffer
    try:
        return files.enter_context(Path(name).open("rb"))
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error


def _looked_at(tenant_id: UUID, import_id: UUID) -> MemoryImport:
    with within(tenant_id):
        return find_import(by=CONSOLE, import_id=import_id)
