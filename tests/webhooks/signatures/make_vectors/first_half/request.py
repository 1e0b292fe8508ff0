"""A request of a vendor's, before and after it is signed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Headers = dict[str, str]


@dataclass(frozen=True)
class Request:
    name: str
    secret: str
    url: str
    headers: Headers
    body: bytes
    at: datetime
    """When it is signed."""

    @property
    def seconds(self) -> str:
        return str(int(self.at.timestamp()))

    @property
    def milliseconds(self) -> str:
        return str(round(self.at.timestamp() * 1000))


Sign = Callable[[Request], Headers]
"""What the vendor adds to the headers."""

Take = Callable[[Request], object]
"""A vendor's library that raises, or answers False, unless it takes the request."""
