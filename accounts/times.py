"""Which times somebody may name: those of which everything that is reckoned from them can be told, too."""

from datetime import UTC, datetime

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing here happened before; and ids, which hold their time, begin with 1970."""
IMPOSSIBLE = "Give a time in the years 2000 to 9999, in UTC."


def is_possible(moment: datetime) -> bool:
    """PostgreSQL keeps years of five digits, which Python cannot read again."""
    try:
        return moment.astimezone(UTC) >= EARLIEST
    except OverflowError:
        return False
