"""Reading what is exported, page by page."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from accounts.tenancy import within
from memory.access import reach_of
from memory.exporting.line import line_of
from memory.find import embedding_status
from memory.intervals import below
from memory.models import EmbeddingStatus, Memory, MemoryEmbedding, ModelState
from memory.models.memory import MemoryQuerySet
from memory.namespaces import EVERYWHERE, read_subtree

PAGE = 500
"""Memories of one transaction."""


@dataclass(frozen=True)
class Wanted:
    """What is to be exported. Nothing named: all of the tenant's."""

    namespace: str = EVERYWHERE
    """With all below it."""
    end_user: str = ""
    deleted: bool = False
    """Those that were deleted or have expired and are not purged, too."""
    vectors: bool = False
    """Each with the vector that searches use, where it is ready."""


def export_pages(*, tenant_id: UUID, by: Actor, wanted: Wanted) -> Iterator[bytes]:
    """Lines, up to PAGE in each piece. A piece is read in a transaction of its own, and asks anew what may be read.

    Call it outside of any transaction. Whoever takes memories out of the house is written down, before the first one.
    Raises Forbidden, the right to people being needed for all of a tenant's, and Invalid; both with the first piece,
    or when it has changed meanwhile.
    """
    subtree = read_subtree(wanted.namespace, path="namespace")
    with within(tenant_id):
        _begin(tenant_id, by, subtree, wanted)
    last: UUID | None = None
    while True:
        with within(tenant_id):
            rows = list(_rows(by, subtree, wanted, after=last)[:PAGE])
            piece = b"".join(_lines(rows, with_vectors=wanted.vectors))
        if rows:
            yield piece
        if len(rows) < PAGE:
            return
        last = rows[-1].id


def _begin(tenant_id: UUID, by: Actor, subtree: str, wanted: Wanted) -> None:
    is_whole = subtree == EVERYWHERE and not wanted.end_user
    by.require(Right.PEOPLE if is_whole else Right.READ)
    digest = hashlib.sha256(wanted.end_user.encode()).hexdigest() if wanted.end_user else ""
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="memory.exported",
        subject=f"tenant:{tenant_id}",
        detail={
            "namespace": subtree,
            "end_user_digest": digest,
            "deleted": wanted.deleted,
            "vectors": wanted.vectors,
        },
    )


def _rows(by: Actor, subtree: str, wanted: Wanted, *, after: UUID | None) -> MemoryQuerySet:
    rows: MemoryQuerySet = Memory.objects.all() if wanted.deleted else Memory.objects.there()
    rows = rows.in_namespaces(reach_of(by).readable).in_namespaces((below(subtree),))
    if wanted.end_user:
        rows = rows.filter(end_user=wanted.end_user)
    return (rows if after is None else rows.filter(id__gt=after)).order_by("id")


def _lines(rows: list[Memory], *, with_vectors: bool) -> Iterator[bytes]:
    status = embedding_status(rows)
    vectors = _vectors(rows) if with_vectors else {}
    for memory in rows:
        model, vector = vectors.get(memory.id, ("", None))
        yield line_of(memory, embedding=status[memory.id], model=model, vector=vector)


def _vectors(rows: list[Memory]) -> dict[UUID, tuple[str, Sequence[float]]]:
    ready = MemoryEmbedding.objects.filter(
        memory__in=rows, model__state=ModelState.ACTIVE, status=EmbeddingStatus.READY
    ).order_by()
    found = ready.values_list("memory_id", "model__name", "vector")
    return {memory: (model, vector) for memory, model, vector in found if vector is not None}
