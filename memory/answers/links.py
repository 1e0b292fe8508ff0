"""Having memories linked and unlinked, and reading links."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from memory.answers.reading import Readers, a_text, an_id, one_of, read_fields_of
from memory.answers.types import Answer, Asker, in_tenant
from memory.limits import LONGEST_LINK_TYPE
from memory.links.create import link as make_link
from memory.links.find import DIRECTIONS, find_link, list_links
from memory.links.remove import unlink as remove_link
from memory.links.remove import unlink_between
from memory.models import MemoryLink
from memory.shown import iso


def _as_given(value: Any) -> Any:
    """The verb says what is wrong with it."""
    return value


_BETWEEN: Readers = {"from": an_id, "to": an_id, "type": _as_given}
_NEW: Readers = {**_BETWEEN, "weight": _as_given, "metadata": _as_given}
LIST: Readers = {"memory": an_id, "direction": one_of(DIRECTIONS), "type": a_text(LONGEST_LINK_TYPE)}


async def link(asker: Asker, asked: Any) -> Answer:
    """`{"from", "to", "type", "weight", "metadata"}`: the link, made or changed."""
    return await in_tenant(asker, _link, read_fields_of(asked, _NEW, needed=_BETWEEN))


def _link(asker: Asker, read: dict[str, Any]) -> Answer:
    more = {name: read[name] for name in ("weight", "metadata") if name in read}
    made = make_link(by=asker.by, **_ends(read), **more)
    return Answer(show_link(made.link), is_new=made.is_new)


async def unlink(asker: Asker, asked: Any) -> Answer:
    """`{"id"}`, or `{"from", "to", "type"}`: the link that was there."""
    if isinstance(asked, dict) and "id" in asked:
        return await in_tenant(asker, _unlink, read_fields_of(asked, {"id": an_id})["id"])
    return await in_tenant(asker, _unlink_between, read_fields_of(asked, _BETWEEN, needed=_BETWEEN))


def _unlink(asker: Asker, link_id: UUID) -> Answer:
    return Answer(show_link(remove_link(by=asker.by, link_id=link_id)))


def _unlink_between(asker: Asker, read: dict[str, Any]) -> Answer:
    return Answer(show_link(unlink_between(by=asker.by, **_ends(read))))


def _ends(read: dict[str, Any]) -> dict[str, Any]:
    return {"from_id": read["from"], "to_id": read["to"], "type": read["type"]}


async def retrieve_link(asker: Asker, link_id: UUID) -> Answer:
    return await in_tenant(asker, lambda asker: Answer(show_link(find_link(by=asker.by, link_id=link_id))))


def listed_links(asker: Asker, read: dict[str, Any]) -> QuerySet[MemoryLink]:
    """In the tenant's scope. `read`: what `LIST` has read."""
    wanted = {"memory_id" if name == "memory" else name: value for name, value in read.items()}
    return list_links(by=asker.by, **wanted)


def show_link(link: MemoryLink) -> dict[str, Any]:
    return {
        "id": str(link.id),
        "from": str(link.from_memory_id),
        "to": str(link.to_memory_id),
        "type": link.type,
        "weight": link.weight,
        "metadata": link.metadata,
        "created_by": link.created_by,
        "created_at": iso(link.created_at),
        "updated_at": iso(link.updated_at),
    }
