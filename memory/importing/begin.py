"""Taking an import: its lines are kept first, and then a row says so. A worker reads them."""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.conf import settings

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid, Unavailable
from accounts.roles import Right
from accounts.telling import tell_workers
from accounts.tenancy import within
from memory.access import reach_of
from memory.bulk.asked import asked_by
from memory.bulk.lock import lock_bulk
from memory.content import read_facts
from memory.importing.files import KeptLines, keep_lines, remove_file
from memory.limits import MOST_KEPT_IMPORTS, MOST_UNENDED_IMPORTS
from memory.models import UNENDED, MemoryErasure, MemoryImport, Trust
from memory.namespaces import DEFAULT_NAMESPACE

TASK = "memory.tasks.work_imports"


def begin_import(
    *,
    tenant_id: UUID,
    by: Actor,
    lines: Iterable[bytes],
    namespace: str = DEFAULT_NAMESPACE,
    trust: str = Trust.UNTRUSTED,
) -> MemoryImport:
    """`lines`: the file in pieces of any length. `namespace`, `trust`: of lines that say nothing of it.

    Call it outside of any transaction: it opens scopes of its own, before and after the lines come in. When it
    returns, they are there for good. Raises Forbidden, Invalid, ImportTooLarge, Conflict while there are too many or
    an erasure goes on, Unavailable when the storage is away, VaultLocked.
    """
    with within(tenant_id):
        facts = _refuse(by, {"namespace": namespace, "trust": trust})
    try:
        kept = keep_lines(tenant_id=tenant_id, pieces=lines, most=settings.MEMORY_IMPORT_BYTES)
    except OSError as error:
        raise Unavailable("The storage for imports is away. Try again in a moment.") from error
    try:
        with within(tenant_id):
            lock_bulk(tenant_id)
            _refuse(by, facts)
            row = _save(tenant_id, by, kept, facts)
            left = _too_many_files()
    except BaseException:
        _forget(kept.storage_name)
        raise
    for name in left:
        _forget(name)
    return row


def _refuse(by: Actor, facts: dict[str, str]) -> dict[str, str]:
    """The facts as they are stored."""
    by.require(Right.CALL)
    reach_of(by)
    read = read_facts(facts, by=by, whole=False)
    if MemoryImport.objects.unended().count() >= MOST_UNENDED_IMPORTS:
        raise Conflict(f"There are {MOST_UNENDED_IMPORTS} imports that have not ended. Wait for one, or cancel it.")
    if MemoryErasure.objects.unended().exists():
        raise Conflict("Memories of your tenant are being erased. Import when that has ended.")
    return read


def _save(tenant_id: UUID, by: Actor, kept: KeptLines, facts: dict[str, str]) -> MemoryImport:
    if not kept.total_lines:
        raise Invalid("There is nothing to import.", faults=[Fault("$", "Send a memory on each line.")])
    row = MemoryImport(
        id=kept.import_id,
        tenant_id=tenant_id,
        size=kept.size,
        sha256=kept.sha256,
        total_lines=kept.total_lines,
        storage_name=kept.storage_name,
        sealed_head=kept.sealed_head,
        sealed_key=kept.sealed_key,
        **asked_by(by),
        **facts,
    )
    row.save(force_insert=True)
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="memory_import.began",
        subject=f"memory_import:{row.id}",
        detail={"lines": row.total_lines, "bytes": row.size, "sha256": row.sha256, "namespace": row.namespace},
    )
    tell_workers(TASK)
    return row


def _too_many_files() -> list[str]:
    """Those of ended imports, but for the newest: a tenant's imports must not fill the storage."""
    ended = MemoryImport.objects.exclude(status__in=UNENDED).exclude(storage_name="").order_by("-id")
    rows = list(ended[MOST_KEPT_IMPORTS:].values_list("id", "storage_name"))
    MemoryImport.objects.filter(id__in=[each for each, _ in rows]).update(storage_name="", sealed_key=b"")
    return [name for _, name in rows]


def _forget(name: str) -> None:
    """What cannot be removed now is found by the sweep."""
    with suppress(OSError):
        remove_file(name)
