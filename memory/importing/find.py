"""Looking at imports: at one's own, and with the right to people at all of the tenant's."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.caller import Actor
from accounts.roles import Right
from memory.errors import ImportNotFound
from memory.models import UNENDED, ImportFault, MemoryImport


@dataclass(frozen=True)
class Pace:
    lines_per_second: float | None
    """While workers were at it; None: none was yet."""
    eta_seconds: float | None
    """Until it is done, at that pace and if nobody else has a turn; None: not known, or it has ended."""


def list_imports(*, by: Actor) -> QuerySet[MemoryImport]:
    """Raises Forbidden."""
    by.require(Right.READ)
    rows: QuerySet[MemoryImport] = MemoryImport.objects.all()
    return rows if by.may(Right.PEOPLE) else rows.filter(actor=by.actor)


def find_import(*, by: Actor, import_id: UUID) -> MemoryImport:
    """Raises Forbidden, ImportNotFound."""
    row = list_imports(by=by).filter(id=import_id).first()
    if row is None:
        raise ImportNotFound
    return row


def faults_of(*, by: Actor, import_id: UUID) -> QuerySet[ImportFault]:
    """The first MOST_IMPORT_FAULTS, by their lines. Raises Forbidden, ImportNotFound."""
    return ImportFault.objects.filter(memory_import=find_import(by=by, import_id=import_id))


def pace_of(row: MemoryImport) -> Pace:
    if not row.worked_ms or not row.line:
        return Pace(None, None)
    rate = row.line * 1000 / row.worked_ms
    left = (row.total_lines - row.line) / rate if row.status in UNENDED else None
    return Pace(round(rate, 1), None if left is None else round(left, 1))
