"""What the audit trail is told of memories: ids, words and counts, never what a memory says."""

from collections.abc import Sequence
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from memory.models import Memory, MemoryLink

MOST_IDS = 20
"""That one entry names."""


def tell_created(*, by: Actor, memories: Sequence[Memory]) -> None:
    """One entry for all of a request."""
    first = memories[0]
    record(
        tenant_id=first.tenant_id,
        actor=by.actor,
        action="memory.created",
        subject=_subject(first, len(memories)),
        detail={"namespace": common(memories), "count": len(memories), "ids": ids_of(memories)},
    )


def tell_updated(*, by: Actor, memory: Memory, fields: Sequence[str]) -> None:
    record(
        tenant_id=memory.tenant_id,
        actor=by.actor,
        action="memory.updated",
        subject=f"memory:{memory.id}",
        detail={"namespace": memory.namespace, "version": memory.version, "fields": sorted(fields)},
    )


def tell_deleted(*, by: Actor, memories: Sequence[Memory], deletion_id: UUID, count: int, namespace: str) -> None:
    """`memories`: the first of them; `count`: of all."""
    first = memories[0]
    record(
        tenant_id=first.tenant_id,
        actor=by.actor,
        action="memory.deleted",
        subject=_subject(first, count),
        detail={"namespace": namespace, "count": count, "ids": ids_of(memories), "deletion": str(deletion_id)},
    )


def tell_restored(*, by: Actor, memories: Sequence[Memory], count: int, namespace: str) -> None:
    first = memories[0]
    record(
        tenant_id=first.tenant_id,
        actor=by.actor,
        action="memory.restored",
        subject=_subject(first, count),
        detail={"namespace": namespace, "count": count, "ids": ids_of(memories)},
    )


def tell_purged(*, by: Actor, memories: Sequence[Memory], count: int, namespace: str) -> None:
    first = memories[0]
    record(
        tenant_id=first.tenant_id,
        actor=by.actor,
        action="memory.purged",
        subject=_subject(first, count),
        detail={"namespace": namespace, "count": count, "ids": ids_of(memories)},
    )


def tell_linked(*, by: Actor, link: MemoryLink) -> None:
    record(
        tenant_id=link.tenant_id,
        actor=by.actor,
        action="memory.linked",
        subject=f"memory:{link.from_memory_id}",
        detail={"link": str(link.id), "to": str(link.to_memory_id), "type": link.type, "weight": link.weight},
    )


def tell_unlinked(*, by: Actor, link: MemoryLink) -> None:
    record(
        tenant_id=link.tenant_id,
        actor=by.actor,
        action="memory.unlinked",
        subject=f"memory:{link.from_memory_id}",
        detail={"link": str(link.id), "to": str(link.to_memory_id), "type": link.type},
    )


def common(memories: Sequence[Memory]) -> str:
    """The deepest namespace that holds all of them; empty: they have none in common."""
    paths = [memory.namespace.split("/")[:-1] for memory in memories]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "".join(f"{part}/" for part in shared)


def ids_of(memories: Sequence[Memory]) -> list[str]:
    return [str(memory.id) for memory in memories[:MOST_IDS]]


def _subject(first: Memory, count: int) -> str:
    """The memory, where it is a single one."""
    return f"memory:{first.id}" if count == 1 else f"tenant:{first.tenant_id}"
