"""Finding links: those of which both ends are there, for whoever may read both."""

from typing import Literal, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.caller import Actor
from memory.access import Reach, reach_of
from memory.errors import LinkNotFound
from memory.find import one_of, readable
from memory.intervals import condition
from memory.models import MemoryLink

Direction: TypeAlias = Literal["both", "out", "in"]
"""As seen from a memory: links that point from it, links that point to it."""
DIRECTIONS: tuple[Direction, ...] = ("both", "out", "in")


def list_links(
    *,
    by: Actor,
    memory_id: UUID | None = None,
    direction: Direction = "both",
    type: str | None = None,  # noqa: A002  what a link calls it
) -> QuerySet[MemoryLink]:
    """The newest first; with `memory_id` those of one memory. Raises Forbidden, MemoryNotFound."""
    reach = reach_of(by)
    rows = readable_links(reach)
    if memory_id is not None:
        one_of(readable(reach), memory_id)
        ends = {"out": Q(from_memory=memory_id), "in": Q(to_memory=memory_id)}
        rows = rows.filter(ends[direction] if direction != "both" else ends["out"] | ends["in"])
    return rows if type is None else rows.filter(type=type)


def find_link(*, by: Actor, link_id: UUID) -> MemoryLink:
    """Raises Forbidden, LinkNotFound."""
    link = readable_links(reach_of(by)).filter(id=link_id).first()
    if link is None:
        raise LinkNotFound
    return link


def readable_links(reach: Reach) -> QuerySet[MemoryLink]:
    rows = MemoryLink.objects.all()
    for end in ("from_memory", "to_memory"):
        lasting = Q(**{f"{end}__expires_at": None}) | Q(**{f"{end}__expires_at__gt": Now()})
        within_reach = condition(reach.readable, column=f"{end}__namespace")
        rows = rows.filter(lasting, within_reach, **{f"{end}__deleted_at": None})
    return rows
