"""Sealing the audit trail: entries get their gapless sequence and their link in their tenant's hash chain.

A seal is the SHA-256 of the previous seal and the entry's canonical JSON, its sequence included. Any number of
processes may seal: a chain's entries are taken by one at a time, and a transaction ends after each batch, so that a
killed process leaves nothing half-sealed and the next one goes on.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from django.db import connection

from accounts.events import start_positions
from accounts.models import AuditEntry, AuditHead
from accounts.models.audit import in_chain
from accounts.tenancy import platform, scope_for

BATCH = 2000

_SEAL = """
UPDATE accounts_auditentry AS entry SET sequence = sealed.sequence, seal = sealed.seal
FROM unnest(%s::uuid[], %s::bigint[], %s::bytea[]) AS sealed (id, sequence, seal)
WHERE entry.id = sealed.id
"""


@dataclass(frozen=True)
class Head:
    """How far a chain has come."""

    sequence: int
    seal: bytes

    def __str__(self) -> str:
        return f"{self.sequence}:{self.seal.hex()}"


GENESIS = Head(sequence=0, seal=bytes(32))
"""Where every chain begins."""


def seal_of(previous: bytes, sequence: int, entry: AuditEntry) -> bytes:
    """The seal of `entry` when it stands at `sequence` and follows the entry sealed with `previous`."""
    sealed = {
        "sequence": sequence,
        "id": str(entry.id),
        "tenant": str(entry.tenant_id) if entry.tenant_id else None,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
    canonical = json.dumps(sealed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + canonical.encode()).digest()


def tenants_with_unsealed() -> list[UUID | None]:
    """Whose entries wait; None stands for the platform's own chain. One look into the index `audit_unsealed`."""
    with platform():
        waiting = AuditEntry.objects.filter(sequence=None).order_by().values_list("tenant_id", flat=True)
        return list(waiting.distinct())


def seal_batch(tenant_id: UUID | None) -> bool:
    """Seal the chain's next entries; whether there may be more. False also while another process is at it."""
    with scope_for(tenant_id):
        if not _lock(tenant_id):
            return False
        entries = list(AuditEntry.objects.filter(in_chain(tenant_id)).unsealed()[:BATCH])
        if entries:
            chain, _ = AuditHead.objects.get_or_create(tenant_id=tenant_id)
            start_positions(chain)
            _seal(chain, entries)
    return len(entries) == BATCH


def head_of(tenant_id: UUID | None) -> Head:
    """The chain's recorded end, inside the chain's scope."""
    row = AuditHead.objects.filter(in_chain(tenant_id)).first()
    return Head(sequence=row.sequence, seal=bytes(row.seal)) if row else GENESIS


def _lock(tenant_id: UUID | None) -> bool:
    """Until the transaction ends, this process alone seals the chain; False when another one does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit:{tenant_id}"])
        return bool(cursor.fetchone()[0])


def _seal(chain: AuditHead, entries: Sequence[AuditEntry]) -> None:
    sequences = range(chain.sequence + 1, chain.sequence + 1 + len(entries))
    seals = [bytes(chain.seal)]
    for sequence, entry in zip(sequences, entries, strict=True):
        seals.append(seal_of(seals[-1], sequence, entry))
    with connection.cursor() as cursor:
        cursor.execute(_SEAL, [[entry.id for entry in entries], list(sequences), seals[1:]])
    chain.sequence, chain.seal = sequences[-1], seals[-1]
    chain.save(update_fields=["sequence", "seal"])
