"""A request as it came, before anybody read it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Received:
    method: str
    url: str
    """The public address that it was sent to, with its query, for schemes that sign it."""
    headers: tuple[tuple[str, str], ...]
    """In order, names as sent; values decoded as latin-1; duplicates kept."""
    body: bytes
    at: datetime
    """When it came, with its time zone."""
