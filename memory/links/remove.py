"""Unlinking memories."""

from uuid import UUID

from accounts.caller import Actor
from memory.access import reach_of
from memory.errors import LinkNotFound
from memory.links.find import readable_links
from memory.models import MemoryLink
from memory.told import tell_unlinked


def unlink(*, by: Actor, link_id: UUID) -> MemoryLink:
    """The link that was there. Needs to write where it points from. Raises Forbidden, LinkNotFound."""
    return _remove({"id": link_id}, by)


def unlink_between(
    *,
    by: Actor,
    from_id: UUID,
    to_id: UUID,
    type: str,  # noqa: A002  what a link calls it
) -> MemoryLink:
    """The same, of the one link of this type between these two."""
    return _remove({"from_memory": from_id, "to_memory": to_id, "type": type}, by)


def _remove(which: dict[str, object], by: Actor) -> MemoryLink:
    reach = reach_of(by)
    rows = readable_links(reach).filter(**which).select_related("from_memory")
    link = rows.select_for_update(of=("self",)).first()
    if link is None:
        raise LinkNotFound
    reach.require_write(link.from_memory.namespace)
    MemoryLink.objects.filter(id=link.id).delete()
    tell_unlinked(by=by, link=link)
    return link
