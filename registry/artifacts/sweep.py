"""Removing artifacts that have expired, and files that no row knows of.

The row goes first, with its audit entry, then the file. A process that dies in between leaves a file without a row, as
does one that dies after writing a file and before recording its execution: the second sweep finds both.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.utils import timezone

from accounts.audit import entry
from accounts.ids import first_id_at, uuid_in
from accounts.models import AuditEntry
from accounts.tenancy import platform
from registry.artifacts.storage import all_names, artifact_storage
from registry.models import Artifact

BATCH = 500
MOST_BATCHES = 20
ORPHAN_AFTER = timedelta(hours=1)
"""A younger file may belong to an execution that is being recorded."""
ACTOR = "system:sweep"

log = logging.getLogger(__name__)


def expire_artifacts(*, at: datetime | None = None) -> int:
    """Remove what has expired; returns how many. Two processes at once share the work."""
    now = at or timezone.now()
    count = 0
    for _ in range(MOST_BATCHES):
        removed = _remove_rows(now)
        for name in removed:
            _remove_file(name)
        count += len(removed)
        if len(removed) < BATCH:
            break
    return count


def remove_orphans(*, at: datetime | None = None) -> int:
    """Remove files without a row that are old enough not to be getting one; returns how many."""
    newest = first_id_at((at or timezone.now()) - ORPHAN_AFTER)
    old = (name for name in all_names() if _is_older(name, newest))
    count = 0
    for names in _batches(old):
        for name in _without_row(names):
            _remove_file(name)
            count += 1
    if count:
        log.warning("Removed %s files that no artifact knew of", count, extra={"action": "orphans_removed"})
    return count


def _remove_rows(now: datetime) -> list[str]:
    with platform():
        expired = list(
            Artifact.objects.expired(now)
            .select_for_update(skip_locked=True)
            .order_by("expires_at")
            .only("id", "tenant_id", "execution_id", "storage_name")[:BATCH]
        )
        Artifact.objects.filter(id__in=[each.id for each in expired]).delete()
        AuditEntry.objects.bulk_create(_entries(expired))
    return [each.storage_name for each in expired]


def _entries(expired: Iterable[Artifact]) -> Iterator[AuditEntry]:
    of_tenant: dict[UUID, list[str]] = defaultdict(list)
    for each in expired:
        of_tenant[each.tenant_id].append(str(each.execution_id))
    for tenant_id, executions in of_tenant.items():
        subject = f"execution:{executions[0]}" if len(executions) == 1 else f"tenant:{tenant_id}"
        detail = {"executions": executions}
        yield entry(tenant_id=tenant_id, actor=ACTOR, action="artifact.expired", subject=subject, detail=detail)


def _without_row(names: list[str]) -> list[str]:
    with platform():
        known = set(Artifact.objects.filter(storage_name__in=names).values_list("storage_name", flat=True))
    return [name for name in names if name not in known]


def _remove_file(name: str) -> None:
    try:
        artifact_storage().delete(name)
    except FileNotFoundError:
        pass
    except OSError as error:
        # It is an orphan now, and found again.
        log.warning("An artifact's file was not removed: %s", error, extra={"action": "file_not_removed"})


def _is_older(name: str, newest: UUID) -> bool:
    """The id in its name says when it was made; what is not named like an artifact is somebody else's."""
    tenant_id, artifact_id = (uuid_in(part) for part in name.split("/"))
    return artifact_id is not None and f"{tenant_id}/{artifact_id}" == name and artifact_id < newest


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, BATCH)):
        yield batch
