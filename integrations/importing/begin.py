"""Taking an import: what can be told at once is told, and the rest is a worker's."""

import re
from collections.abc import Iterator, Mapping

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from accounts.tenancy import current_scope
from integrations.documents import LARGEST_BYTES, BadDocument, text_of
from integrations.egress.targets import read_target
from integrations.format.shelf import connector
from integrations.importing.files import Files, main_of
from integrations.models import ConnectorImport
from integrations.openapi.bundle import MOST_FILES

LONGEST_SLUG = 23
"""With an action's 40 letters behind it, a tool's name stays within the 64 that every provider takes."""
LONGEST_ORIGIN = 2_000
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def begin_import(
    *, by: Actor, slug: str, origin: str = "", files: Mapping[str, bytes] | None = None, main: str = ""
) -> ConnectorImport:
    """Take OpenAPI files for the connector `slug` of the scope's tenant; within seconds a worker reads them (`run.py`).

    Give `origin`, the URL of the description, or `files` by name, or both where a file came from there: then what it
    refers to is looked for there, too. `main` says which of several files is the description itself.

    Raises Forbidden without the right to credentials, since the description says where these are sent; Invalid with
    every fault; EgressBlocked for an origin that is no URL; Conflict while the connector is being imported.
    """
    by.require(Right.CREDENTIALS)
    tenant_id = current_scope().tenant_id
    if tenant_id is None:
        raise ValueError("Import a connector inside its tenant's scope.")
    contents = dict(files or {})
    if origin and len(contents) == 1:
        contents, main = {origin: next(iter(contents.values()))}, ""
    _refuse(_faults(slug, origin, contents, main))
    if origin:
        read_target(origin)
    _refuse_taken(slug)
    chosen = main or (main_of(contents) if contents else origin)
    row = ConnectorImport(
        tenant_id=tenant_id,
        connector=slug,
        origin=origin,
        content=Files(chosen or "", contents).pack(),
        actor=by.actor,
    )
    row.save(force_insert=True)
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="import.began",
        subject=f"import:{row.id}",
        detail={"connector": slug, "files": len(contents)},
    )
    return row


def _faults(slug: str, origin: str, contents: Mapping[str, bytes], main: str) -> Iterator[Fault]:
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        yield Fault("$.slug", f"Give a slug of at most {LONGEST_SLUG} small letters, digits and single dashes.")
    if not origin and not contents:
        yield Fault("$.url", "Give the URL of an OpenAPI description, or its files.")
    if len(origin) > LONGEST_ORIGIN:
        yield Fault("$.url", f"This is longer than {LONGEST_ORIGIN:,} characters.")
    if len(contents) > MOST_FILES:
        yield Fault("$.files", f"These are more than {MOST_FILES} files. Hand in one that holds the others.")
    if sum(map(len, contents.values())) > LARGEST_BYTES:
        yield Fault("$.files", f"The files together are larger than {LARGEST_BYTES:,} bytes. Hand in a part of them.")
        return
    for name, content in contents.items():
        yield from _file_faults(name, content)
    if main and main not in contents:
        yield Fault("$.main", "There is no file of this name.")
    if len(contents) > 1 and not main and main_of(contents) is None:
        yield Fault("$.main", "Say which file is the description: the one with `openapi` or `swagger` at its top.")


def _file_faults(name: str, content: bytes) -> Iterator[Fault]:
    if not name or len(name) > 500 or not name.isprintable():
        yield Fault("$.files", "A file's name is 1 to 500 printable characters.")
        return
    try:
        text_of(content)
    except BadDocument as error:
        yield Fault(f"$.files.{name}", str(error))


def _refuse(faults: Iterator[Fault]) -> None:
    if found := list(faults):
        raise Invalid("This cannot be imported. See `errors` for each fault.", faults=found)


def _refuse_taken(slug: str) -> None:
    if connector(slug) is not None:
        raise Conflict(f"A connector `{slug}` came with the product. Choose another slug.")
    if ConnectorImport.objects.unended().filter(connector=slug).exists():
        raise Conflict(f"The connector `{slug}` is being imported already. Wait until that has ended.")
