"""Stopping an import. What became of its lines until then stays."""

from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict
from accounts.roles import Right
from memory.bulk.turns import end
from memory.errors import ImportNotFound
from memory.importing.find import list_imports
from memory.models import UNENDED, BulkStatus, MemoryImport


def cancel_import(*, by: Actor, import_id: UUID) -> MemoryImport:
    """It waits for the chunk that is being written; none is afterwards.

    Raises Forbidden, ImportNotFound, Conflict when it has ended.
    """
    by.require(Right.CALL)
    row = list_imports(by=by).select_for_update(of=("self",)).filter(id=import_id).first()
    if row is None:
        raise ImportNotFound
    if row.status not in UNENDED:
        raise Conflict(f"This import has ended already: it is `{row.status}`.")
    row.save(update_fields=end(row, BulkStatus.CANCELLED))
    tell_ended(row, by.actor)
    return row


def tell_ended(row: MemoryImport, actor: str) -> None:
    record(
        tenant_id=row.tenant_id,
        actor=actor,
        action=_ACTIONS[BulkStatus(row.status)],
        subject=f"memory_import:{row.id}",
        detail={
            "lines": row.line,
            "created": row.created,
            "duplicates": row.duplicates,
            "refused": row.refused,
            "sha256": row.sha256,
        },
    )


_ACTIONS = {
    BulkStatus.SUCCEEDED: "memory_import.succeeded",
    BulkStatus.FAILED: "memory_import.failed",
    BulkStatus.CANCELLED: "memory_import.cancelled",
}
