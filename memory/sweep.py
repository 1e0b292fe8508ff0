"""What time does to memories: what has expired is put away, what was deleted long ago is removed, and so are leftovers.

In batches, of all tenants; each tenant's rows in the tenant's own transaction.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.audit import record
from accounts.caller import System
from accounts.ids import first_id_at
from accounts.tenancy import platform, within
from memory.expire import EXPIRY, put_away
from memory.importing.files import all_files, remove_file
from memory.models import UNENDED, Memory, MemoryImport
from memory.models.memory import MemoryQuerySet
from memory.told import common, ids_of, tell_purged

BATCH = 500
MOST_BATCHES = 40
"""Of a tenant in one go; the schedule comes again."""
IMPORTS_KEPT = timedelta(days=7)
"""How long the lines of an import are kept after its end."""
ORPHAN_AFTER = timedelta(days=1)
"""A younger file may be one of an import that is coming in."""

SWEEP = System("sweep")

log = logging.getLogger(__name__)


def expire_memories() -> int:
    """What has expired becomes a deleted memory; returns how many."""
    with platform():
        due = Memory.objects.filter(deleted_at=None, expires_at__lte=timezone.now())
        tenants = list(due.order_by().values_list("tenant_id", flat=True).distinct())
    return sum(_repeat(tenant, _expire) for tenant in tenants)


def purge_deleted() -> int:
    """What was deleted MEMORY_DELETED_KEPT_DAYS ago is removed for good; returns how many."""
    before = timezone.now() - timedelta(days=settings.MEMORY_DELETED_KEPT_DAYS)
    with platform():
        old = Memory.objects.filter(deleted_at__lt=before)
        tenants = list(old.order_by().values_list("tenant_id", flat=True).distinct())
    return sum(_repeat(tenant, lambda tenant_id: _purge(tenant_id, before)) for tenant in tenants)


def remove_import_files() -> int:
    """Lines of imports that ended a week ago, and files that no import knows of; returns how many."""
    now = timezone.now()
    return _remove_old_files(now - IMPORTS_KEPT) + _remove_orphans(now - ORPHAN_AFTER)


def _repeat(tenant_id: UUID, work: Callable[[UUID], int]) -> int:
    """Until less than a full batch was left."""
    count = 0
    for _ in range(MOST_BATCHES):
        with within(tenant_id):
            done = work(tenant_id)
        count += done
        if done < BATCH:
            break
    return count


def _expire(tenant_id: UUID) -> int:
    due = _batch(Memory.objects.filter(deleted_at=None, expires_at__lte=timezone.now()))
    count = put_away([memory.id for memory in due])
    if count:
        record(
            tenant_id=tenant_id,
            actor=EXPIRY,
            action="memory.expired",
            subject=f"tenant:{tenant_id}",
            detail={"namespace": common(due), "count": count, "ids": ids_of(due)},
        )
    return count


def _purge(tenant_id: UUID, before: datetime) -> int:
    old = _batch(Memory.objects.filter(deleted_at__lt=before))
    if old:
        # PostgreSQL takes versions, links and vectors along.
        Memory.objects.filter(id__in=[memory.id for memory in old]).delete()
        tell_purged(by=SWEEP, memories=old, count=len(old), namespace=common(old))
    return len(old)


def _batch(rows: MemoryQuerySet) -> list[Memory]:
    """What somebody else is changing at this moment is left for the next time."""
    return list(
        rows.only("id", "tenant_id", "namespace")
        .order_by("id")
        .select_for_update(of=("self",), skip_locked=True)[:BATCH]
    )


def _remove_old_files(before: datetime) -> int:
    with platform():
        old = MemoryImport.objects.filter(finished_at__lt=before).exclude(status__in=UNENDED).exclude(storage_name="")
        rows = list(old.values_list("tenant_id", "id", "storage_name")[:BATCH])
    for tenant_id, import_id, name in rows:
        remove_file(name)
        with within(tenant_id):
            MemoryImport.objects.filter(id=import_id).update(storage_name="", sealed_key=b"")
    return len(rows)


def _remove_orphans(before: datetime) -> int:
    newest = first_id_at(before)
    old = [(import_id, name) for import_id, name in all_files() if import_id < newest]
    with platform():
        ids = [import_id for import_id, _ in old]
        known = set(MemoryImport.objects.filter(id__in=ids).exclude(storage_name="").values_list("id", flat=True))
    orphans = [name for import_id, name in old if import_id not in known]
    for name in orphans:
        remove_file(name)
    if orphans:
        log.warning("Removed %s files that no import knew of", len(orphans), extra={"action": "orphans_removed"})
    return len(orphans)
