"""Ids: UUIDs of version 7 (RFC 9562), so that new rows lie together in an index and sort by their making."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
