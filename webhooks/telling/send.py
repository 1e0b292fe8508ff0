"""One POST to a receiver, through egress. Its status is its answer; how it says it is kept to be looked at."""

import contextlib
from dataclasses import dataclass, field

from integrations import egress
from integrations.egress import EgressRequest, EgressRules, EgressStream
from integrations.errors import UpstreamFailure
from registry.transports.retry_after import retry_after

READ_BYTES = 16_000
"""How much of an answer is read: more than is kept of it, so that no secret is cut in two before it is masked."""
IDLE_SECONDS = 2.0
"""How long an answer's body may pause before we do without it."""


@dataclass(frozen=True)
class Parcel:
    """One attempt, ready to be sent."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    rules: EgressRules


@dataclass(frozen=True)
class Answer:
    status: int
    retry_after: float | None
    """In seconds."""
    beginning: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


async def send(parcel: Parcel) -> Answer:
    """Raises EgressBlocked, and a leaf of UpstreamFailure when there was no answer."""
    request = EgressRequest("POST", parcel.url, parcel.headers, parcel.body)
    async with egress.stream(request, rules=parcel.rules) as stream:
        return Answer(stream.status, retry_after(stream.headers), await _beginning(stream))


async def _beginning(stream: EgressStream) -> bytes:
    found = b""
    with contextlib.suppress(UpstreamFailure):
        async for piece in stream.pieces():
            found += piece
            if len(found) >= READ_BYTES:
                break
    return found[:READ_BYTES]
