"""The page of one memory."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.chrome.cells import INFO, MUTE, badge
from accounts.chrome.pages import caller_behind
from accounts.chrome.pretty import one_sees
from accounts.naming import names_of
from accounts.roles import Right
from memory.admin.cells import address_of, excerpt, namespace_links, tags, trust_badge, vector_badge
from memory.admin.graph import Direct, graph_of
from memory.history import history_of
from memory.limits import MOST_TAGS
from memory.links.find import list_links
from memory.links.neighbours import neighbours
from memory.models import Memory, MemoryEmbedding, ModelState, Trust

SHOWN_LINKS = 50
SHOWN_VERSIONS = 5
LOOKED_AROUND = 40
"""Neighbours that the picture is made of."""


@dataclass(frozen=True)
class LinkRow:
    type: str
    is_out: bool
    """It points from this memory to the other one."""
    name: str
    url: str
    namespace: str
    weight: str
    unlink_url: str


@dataclass(frozen=True)
class VectorRow:
    model: str
    state: str
    badge: SafeString
    attempts: int


def detail_of(request: HttpRequest, memory: Memory) -> dict[str, Any]:
    by, is_there = caller_behind(request), memory.deleted_at is None
    versions = list(history_of(by=by, memory_id=memory.id, deleted=not is_there)[:SHOWN_VERSIONS])
    names = names_of([memory.created_by, memory.deleted_by, *(each.changed_by for each in versions)])
    links = _links(by, memory) if is_there else []
    around = neighbours(by=by, memory_id=memory.id, hops=2, limit=LOOKED_AROUND) if links else []
    direct = {other: Direct(row.type, row.is_out) for other, row in links}
    return {
        "state": badge("Deleted", MUTE) if not is_there else "",
        "trust": trust_badge(memory),
        "is_untrusted": memory.trust == Trust.UNTRUSTED,
        "is_there": is_there,
        "content": one_sees(memory.content) if "\n" not in memory.content else memory.content,
        "path": namespace_links(memory.namespace),
        "tags": tags(memory.tags, MOST_TAGS),
        "made_by": names.get(memory.created_by) or memory.created_by,
        "deleted_by": names.get(memory.deleted_by) or memory.deleted_by,
        "vectors": _vectors(memory),
        "linked": [row for _, row in links],
        "may_unlink": by.may(Right.CALL),
        "graph": graph_of(around, direct),
        "versions": [(each, names.get(each.changed_by) or each.changed_by) for each in versions],
    }


def _links(by: Any, memory: Memory) -> list[tuple[UUID, LinkRow]]:
    """Each with the id of the memory at its other end."""
    rows = list_links(by=by, memory_id=memory.id).select_related("from_memory", "to_memory")
    found = []
    for link in rows.defer("from_memory__words", "to_memory__words")[:SHOWN_LINKS]:
        is_out = link.from_memory_id == memory.id
        other = link.to_memory if is_out else link.from_memory
        unlink_url = f"{address_of(memory.id, 'unlink')}?link={link.id}"
        row = LinkRow(
            link.type,
            is_out,
            excerpt(other.content),
            address_of(other.id),
            other.namespace,
            f"{link.weight:g}",
            unlink_url,
        )
        found.append((other.id, row))
    return found


def _vectors(memory: Memory) -> list[VectorRow]:
    rows = MemoryEmbedding.objects.filter(memory=memory).select_related("model").defer("vector")
    return [
        VectorRow(each.model.name, _STATES[ModelState(each.model.state)], vector_badge(each.status), each.attempts)
        for each in sorted(rows, key=lambda row: row.model.state)
    ]


_STATES = {
    ModelState.ACTIVE: badge("In use", INFO, dot=False),
    ModelState.BUILDING: badge("Being built", MUTE, dot=False),
    ModelState.RETIRED: badge("Retired", MUTE, dot=False),
}
