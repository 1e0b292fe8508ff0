"""Verifying the audit trail: every seal is computed again, and the first entry that does not fit is named.

A chain shows by itself what was changed, removed, put in or moved. That its newest entries were cut off is shown by
`AuditHead`, which remembers the end. Somebody who may rewrite the whole database can rewrite both: against them, keep
a head elsewhere (`manage.py verify_audit` prints it) and ask for it again with `expected`.
"""

from dataclasses import dataclass
from uuid import UUID

from accounts.models import AuditEntry, AuditHead, Tenant
from accounts.models.audit import AuditEntryQuerySet, in_chain
from accounts.sealing import GENESIS, Head, head_of, seal_of
from accounts.tenancy import platform, scope_for

CHUNK = 2000


@dataclass(frozen=True)
class Damage:
    """The first place that does not fit, and what is wrong there."""

    sequence: int
    sentence: str


@dataclass(frozen=True)
class Verdict:
    head: Head
    unsealed: int
    """How many entries wait for their seal: until they have it, it protects them from nothing."""
    damage: Damage | None


def chains() -> list[UUID | None]:
    """Every chain that there is: the platform's (None), and those of all tenants, deleted ones too."""
    with platform():
        ids = set(Tenant.objects.values_list("id", flat=True))
        ids.update(AuditHead.objects.exclude(tenant=None).values_list("tenant_id", flat=True))
        ids.update(AuditEntry.objects.exclude(tenant=None).order_by().values_list("tenant_id", flat=True).distinct())
    return [None, *sorted(ids)]


def verify_chain(*, tenant_id: UUID | None, expected: Head = GENESIS) -> Verdict:
    """Read a whole chain. `expected` is a head that was seen earlier and must still be in it."""
    with scope_for(tenant_id):
        entries = AuditEntry.objects.filter(in_chain(tenant_id))
        head = head_of(tenant_id)
        reached = _walk(entries, head, expected)
        if isinstance(reached, Head) and reached.sequence > (end := head_of(tenant_id)).sequence:
            reached = Damage(end.sequence + 1, "This entry was put after the chain's recorded end.")
        return Verdict(
            head=head,
            unsealed=entries.unsealed().count(),
            damage=reached if isinstance(reached, Damage) else None,
        )


def _walk(entries: AuditEntryQuerySet, *anchors: Head) -> Head | Damage:
    """How far the chain goes unbroken, when that is its end; `anchors` must be on the way."""
    end = max(anchor.sequence for anchor in anchors)
    reached = GENESIS
    for entry in entries.exclude(sequence=None).order_by("sequence").iterator(chunk_size=CHUNK):
        sequence = reached.sequence + 1
        seal = seal_of(reached.seal, sequence, entry)
        if entry.sequence != sequence or entry.seal is None or seal != bytes(entry.seal):
            return _named(entries, reached, entry)
        if any(anchor.sequence == sequence and anchor.seal != seal for anchor in anchors):
            return Damage(sequence, "The chain up to this entry was written anew: its seal is not the recorded one.")
        reached = Head(sequence, seal)
    if end > reached.sequence:
        return Damage(reached.sequence + 1, f"The chain was cut off here: it went on to entry {end}.")
    return reached


def _named(entries: AuditEntryQuerySet, reached: Head, entry: AuditEntry) -> Damage:
    """What happened after `reached`, where `entry` does not fit."""
    sequence, stands_at = reached.sequence + 1, entry.sequence or 0
    if stands_at < sequence:
        return Damage(stands_at, f"The entry {entry.id} was put in: there is no place for it.")
    moved = _moved(entries, reached, entry)
    if moved is not None:
        now = f"stands at {moved.sequence}" if moved.sequence is not None else "has no seal any more"
        return Damage(sequence, f"The entry {moved.id} was moved: it belongs here, and {now}.")
    if stands_at > sequence:
        return Damage(sequence, "The entry is missing.")
    return Damage(sequence, f"The entry {entry.id} was changed ({entry.action} {entry.subject}).")


def _moved(entries: AuditEntryQuerySet, reached: Head, entry: AuditEntry) -> AuditEntry | None:
    """Another entry whose seal fits here: the one it has, or the one that stayed when the entries were exchanged."""
    sequence = reached.sequence + 1
    stayed = entry.seal if entry.sequence == sequence else None
    for other in entries.exclude(id=entry.id).order_by("id").iterator(chunk_size=CHUNK):
        seal = seal_of(reached.seal, sequence, other)
        if seal in (stayed and bytes(stayed), other.seal and bytes(other.seal)):
            return other
    return None
