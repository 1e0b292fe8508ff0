"""Reading memories: one, a list, what one said before, and what it is linked to."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from memory.answers.filters import READERS as FILTER
from memory.answers.filters import as_which
from memory.answers.reading import Readers, a_flag, a_number, an_id, one_of, read_fields_of, texts
from memory.answers.types import Answer, Asker, in_tenant
from memory.find import embedding_status, find_memory, list_memories
from memory.history import history_of
from memory.limits import LONGEST_LINK_TYPE, MOST_HOPS, MOST_NEIGHBOURS, MOST_VERSIONS
from memory.links.find import DIRECTIONS
from memory.links.neighbours import Neighbour, neighbours
from memory.models import Memory, MemoryVersion
from memory.models.memory import MemoryQuerySet
from memory.shown import FIELDS, iso, read_fields, shown

USUAL_PAGE = 50
LARGEST_PAGE = 200
MOST_TYPES = 20


def _fields(value: Any) -> frozenset[str]:
    return read_fields(texts(len(FIELDS), 64)(value), path="")


ONE: Readers = {"fields": _fields, "deleted": a_flag}
LIST: Readers = {**FILTER, **ONE}
PAGED: Readers = {**LIST, "limit": a_number(1, LARGEST_PAGE), "after": an_id}
NEAR: Readers = {
    "hops": a_number(1, MOST_HOPS),
    "types": texts(MOST_TYPES, LONGEST_LINK_TYPE),
    "direction": one_of(DIRECTIONS),
    "limit": a_number(1, MOST_NEIGHBOURS),
}
DELETED: Readers = {"deleted": a_flag}


async def retrieve(asker: Asker, memory_id: UUID, asked: Any, *, path: str = "$") -> Answer:
    """`asked`: `fields`, `deleted`."""
    return await in_tenant(asker, _retrieve, memory_id, read_fields_of(asked, ONE, path=path))


def _retrieve(asker: Asker, memory_id: UUID, read: dict[str, Any]) -> Answer:
    memory = find_memory(by=asker.by, memory_id=memory_id, deleted=read.get("deleted", False))
    (body,) = show_all([memory], read.get("fields"))
    return Answer(body, version=memory.version)


async def list_some(asker: Asker, asked: Any) -> Answer:
    """The newest first, `limit` of them, older than the memory `after`. `next`: what to give as `after`."""
    return await in_tenant(asker, _list_some, read_fields_of(asked, PAGED))


def _list_some(asker: Asker, read: dict[str, Any]) -> Answer:
    limit = read.get("limit", USUAL_PAGE)
    rows = listed(asker, read)
    if "after" in read:
        rows = rows.filter(id__lt=read["after"])
    found = list(rows[: limit + 1])
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Answer({"next": following, "results": show_all(found[:limit], read.get("fields"))})


def listed(asker: Asker, read: dict[str, Any]) -> MemoryQuerySet:
    """In the tenant's scope. `read`: what `LIST` has read."""
    return list_memories(by=asker.by, deleted=read.get("deleted", False), **as_which(read))


def show_all(memories: Sequence[Memory], fields: Collection[str] | None = None) -> list[dict[str, Any]]:
    """In the tenant's scope, one query for all."""
    statuses = embedding_status(memories) if fields is None or "embedding" in fields else {}
    return [shown(memory, embedding=statuses.get(memory.id, ""), fields=fields) for memory in memories]


async def history(asker: Asker, memory_id: UUID, asked: Any) -> Answer:
    """All that is kept, the newest first. `asked`: `deleted`."""
    return await in_tenant(asker, _history, memory_id, read_fields_of(asked, DELETED))


def _history(asker: Asker, memory_id: UUID, read: dict[str, Any]) -> Answer:
    versions = history_of(by=asker.by, memory_id=memory_id, deleted=read.get("deleted", False))
    return Answer({"next": None, "results": [show_version(version) for version in versions[:MOST_VERSIONS]]})


def show_version(version: MemoryVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "facts": version.facts,
        "change": version.change,
        "changed_by": version.changed_by,
        "changed_at": iso(version.changed_at),
    }


async def near(asker: Asker, memory_id: UUID, asked: Any, *, path: str = "$") -> Answer:
    """`asked`: `hops`, `types`, `direction`, `limit`."""
    return await in_tenant(asker, _near, memory_id, read_fields_of(asked, NEAR, path=path))


def _near(asker: Asker, memory_id: UUID, read: dict[str, Any]) -> Answer:
    found = neighbours(by=asker.by, memory_id=memory_id, **read)
    shown_ones = show_all([each.memory for each in found])
    return Answer({"results": [_show_neighbour(each, told) for each, told in zip(found, shown_ones, strict=True)]})


def _show_neighbour(found: Neighbour, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "memory": told,
        "hops": found.hops,
        "weight": round(found.weight, 6),
        "path": [str(memory_id) for memory_id in found.path],
    }
