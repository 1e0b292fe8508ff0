"""The proof of an erasure: what was removed, that nothing of it is found, and a digest of the ids.

The digest is a chain. It begins with 32 zeros, and each id makes the next one: the SHA-256 of the digest before and the
id's 16 bytes. Ids are taken in their order; what is written while the erasure goes on comes last. Whoever has the ids
(an export names them) can make the same chain, and so show that each of them was among those that were removed.
"""

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import AuditEntry
from memory.erasing.targets import OF_IMPORTS, OF_MEMORIES, OF_TENANTS, Target, label
from memory.models import Erased, ImportFault, Memory, MemoryCount, MemoryErasure, MemoryVersion

REMAINS = (
    "Entries of the audit trail name memories by their ids, and namespaces, and hold nothing that a memory said.",
    "Executions of tools that wrote or read memories are kept as other executions are, with redacted inputs and "
    "outputs; so are artifacts and webhook events.",
    "Rules for namespaces stay, and what imports were asked for, and with them the names of namespaces.",
    "Backups and the write-ahead log of PostgreSQL hold what was removed until they are removed themselves.",
)
"""What an erasure leaves, and says so."""


def chain(digest: bytes, ids: Iterable[UUID]) -> bytes:
    """The digest with these ids behind it."""
    for each in ids:
        digest = hashlib.sha256(digest + each.bytes).digest()
    return digest


def count(target: Target) -> dict[str, int]:
    """Rows that are the target's, by their table."""
    memories = target.memories()
    counts = {label(Memory): memories.count()}
    for kind, columns in OF_MEMORIES:
        counts[label(kind)] = kind._default_manager.filter(_any_of(columns, memories)).count()
    theirs = MemoryVersion.objects.filter(memory__in=memories.values("id"))
    counts[label(MemoryVersion)] = (
        theirs.order_by().values("id").union(target.versions().order_by().values("id")).count()
    )
    if target.what == Erased.TENANT:
        counts |= {label(kind): kind._default_manager.count() for kind in (*OF_TENANTS, *OF_IMPORTS)}
    return counts


def look_again(target: Target) -> dict[str, int]:
    """What is left, by every table that anything is removed from: rows of the target, and rows that refer to what is
    gone."""
    found = count(target)
    if target.what != Erased.TENANT:
        found[label(ImportFault)] = ImportFault.objects.count()
    if target.what == Erased.NAMESPACE:
        found[label(MemoryCount)] = target.counts().count()
    for kind, columns in OF_MEMORIES:
        found[label(kind)] += sum(target.orphans(kind, column).count() for column in columns)
    return found


def as_told(row: MemoryErasure) -> dict[str, Any]:
    """The proof, in the tenant's scope; its audit entry is sealed within a second."""
    entry = AuditEntry.objects.filter(id=row.audit_entry).first() if row.audit_entry else None
    return {
        "removed": row.removed,
        "found_after": row.found_after,
        "ids": row.ids,
        "ids_digest": bytes(row.ids_digest).hex(),
        "audit": entry
        and {"id": str(entry.id), "sequence": entry.sequence, "seal": entry.seal and bytes(entry.seal).hex()},
        "remains": list(REMAINS),
    }


def _any_of(columns: tuple[str, ...], memories: QuerySet[Memory]) -> Q:
    refers = Q(pk__in=[])
    for column in columns:
        refers |= Q(**{f"{column}__in": memories.values("id")})
    return refers
