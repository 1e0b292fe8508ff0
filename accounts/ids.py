"""Ids: UUIDs of version 7 (RFC 9562), so that new rows lie together in an index and sort by their making."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()


def first_id_at(moment: datetime) -> UUID:
    """A bound, not an id: all ids made from `moment` on are above it, all ids made before are below.

    With it an index on ids answers what lies in a stretch of time.
    """
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def uuid_in(text: str) -> UUID | None:
    """What somebody wrote, when it is an id."""
    try:
        return UUID(text)
    except ValueError:
        return None
