"""Carrying out erasures: batch by batch, each with its counts and its part of the digest in one transaction."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from accounts.audit import record
from accounts.tenancy import within
from memory.bulk.turns import TURN_SECONDS, Turn, end, give_back, held, lease, take_turn
from memory.erasing.proof import chain, look_again
from memory.erasing.targets import OF_IMPORTS, OF_MEMORIES, OF_TENANTS, Target, label
from memory.importing.files import remove_file
from memory.models import (
    BulkStatus,
    Erased,
    ImportFault,
    Memory,
    MemoryCount,
    MemoryErasure,
    MemoryImport,
    MemoryVersion,
)

BATCH = 500
"""Memories of one transaction."""

Row = TypeVar("Row", bound=Model)

log = logging.getLogger(__name__)


def work_erasures(*, seconds: float = TURN_SECONDS, only: UUID | None = None) -> bool:
    """One turn of the erasure that is next. Whether there is more to do, for another turn."""
    turn = take_turn(MemoryErasure, seconds=seconds, only=only)
    if turn is None:
        return False
    try:
        _remove_files(turn)
        while not turn.is_over and _work(turn):
            pass
    except OSError as error:
        log.warning("An erasure waits: %s", error, extra={"action": "erasure_waits"})
        give_back(MemoryErasure, turn)
        return False
    return give_back(MemoryErasure, turn)


def _work(turn: Turn) -> bool:
    """One batch, and what comes after the last one. Whether there is more to do."""
    with within(turn.tenant_id):
        row = held(MemoryErasure, turn)
        if row is None:
            return False
        target = Target(Erased(row.what), row.target)
        is_last = _remove_batch(row, target)
        found = _finish(row, target) if is_last else None
        is_done = found is not None and not any(found.values())
        if found is not None and is_done:
            _tell(row, found)
        row.lost = 0
        row.lease_until = None if is_done else lease()
        row.save()
    return not is_done


def _remove_batch(row: MemoryErasure, target: Target) -> bool:
    """Whether it was the last one."""
    ids = list(target.memories().order_by("id").values_list("id", flat=True).select_for_update()[:BATCH])
    removed = _remove_memories(ids) if ids else Counter[str]()
    if len(ids) < BATCH:
        old = list(target.versions().values_list("id", flat=True)[:BATCH])
        removed[label(MemoryVersion)] += _delete(MemoryVersion.objects.filter(id__in=old))
    _add(row, removed)
    row.ids += len(ids)
    row.ids_digest = chain(bytes(row.ids_digest), ids)
    return len(ids) < BATCH and len(old) < BATCH


def _remove_memories(ids: Sequence[UUID]) -> Counter[str]:
    removed = Counter[str]()
    for kind, columns in OF_MEMORIES:
        refers = Q(pk__in=[])
        for column in columns:
            refers |= Q(**{f"{column}__in": ids})
        removed[label(kind)] += _delete(kind._default_manager.filter(refers))
    removed[label(Memory)] += _delete(Memory.objects.filter(id__in=ids))
    return removed


def _finish(row: MemoryErasure, target: Target) -> dict[str, int]:
    """Remove what goes besides the memories, and look again. What is found is removed in the next round."""
    removed = Counter[str]()
    if target.what == Erased.TENANT:
        for kind in (*OF_TENANTS, *OF_IMPORTS):
            removed[label(kind)] += _delete(kind._default_manager.all())
    else:
        removed[label(ImportFault)] += _delete(ImportFault.objects.all())
    if target.what == Erased.NAMESPACE and not target.memories().exists():
        # They add up to nothing, and name what nobody is to know of.
        removed[label(MemoryCount)] += _delete(target.counts())
    _add(row, removed)
    return look_again(target)


def _remove_files(turn: Turn) -> None:
    """Of all imports, which have ended: any of them may hold lines of the target. Raises OSError."""
    with within(turn.tenant_id):
        rows = list(MemoryImport.objects.exclude(storage_name="").values_list("id", "storage_name"))
    for _, name in rows:
        remove_file(name)
    with within(turn.tenant_id):
        MemoryImport.objects.filter(id__in=[each for each, _ in rows]).update(storage_name="", sealed_key=b"")


def _tell(row: MemoryErasure, found: dict[str, int]) -> None:
    row.found_after, row.target = found, ""
    end(row, BulkStatus.SUCCEEDED)
    entry = record(
        tenant_id=row.tenant_id,
        actor=row.actor,
        action="memory.erased",
        subject=f"memory_erasure:{row.id}",
        detail={
            "what": row.what,
            "target_digest": row.target_digest,
            "removed": row.removed,
            "found_after": found,
            "ids": row.ids,
            "ids_digest": bytes(row.ids_digest).hex(),
        },
    )
    row.audit_entry = entry.id


def _add(row: MemoryErasure, removed: Counter[str]) -> None:
    row.removed = dict(Counter(row.removed) + removed)


def _delete(rows: QuerySet[Row]) -> int:
    return rows.delete()[0]
