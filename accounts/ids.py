"""Ids: UUIDs of version 7 (RFC 9562), so that new rows lie together in an index and sort by their making."""

import hashlib
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()


def id_beside(other: UUID) -> UUID:
    """A new id that sorts among others where `other` does, however close those are.

    It has its time and its count within the millisecond, and the last 32 bits, which are random, of its own.
    """
    return UUID(int=other.int >> 32 << 32 | new_id().int & 0xFFFF_FFFF)


def first_id_at(moment: datetime) -> UUID:
    """A bound, not an id: all ids made from `moment` on are above it, all ids made before are below.

    With it an index on ids answers what lies in a stretch of time.
    """
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def id_in_minute(word: str, at: datetime) -> UUID:
    """The same in every process for this word and minute, and among that minute's ids: its digest for random bits."""
    milliseconds = int(at.replace(second=0, microsecond=0).timestamp() * 1000)
    digest = int.from_bytes(hashlib.sha256(word.encode()).digest()[:10], "big")
    bits = (milliseconds << 80) | digest
    bits = bits & ~(0xF << 76) | (7 << 76)
    return UUID(int=bits & ~(0x3 << 62) | (0x2 << 62))


def uuid_in(text: str) -> UUID | None:
    """What somebody wrote, when it is an id."""
    try:
        return UUID(text)
    except ValueError:
        return None
