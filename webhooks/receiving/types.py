"""What travels from step to step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.errors import QuartermasterError
from accounts.limits import Limits
from integrations.redaction import KnownSecrets
from webhooks.models.event import Origin
from webhooks.models.source import SourceState
from webhooks.signatures.received import Received
from webhooks.signatures.types import Scheme


@dataclass(frozen=True)
class KnownSecret:
    id: UUID
    text: str = field(repr=False)
    valid_until: datetime | None


@dataclass(frozen=True)
class KnownSource:
    """A source as it was at one generation of its tenant, its secrets opened."""

    id: UUID
    tenant_id: UUID
    slug: str
    state: SourceState
    scheme_name: str
    scheme: Scheme | None
    """None: there is no such scheme any more."""
    settings: Mapping[str, str] = field(repr=False)
    secrets: tuple[KnownSecret, ...]
    """The newest first."""
    unsigned: bool
    url: str
    """The public address, without the token where it is another one; empty: what the sender asked for."""
    max_body_bytes: int
    limits: Limits | None
    networks: tuple[str, ...]
    identifying: Scheme | None
    """The scheme with its settings filled in, which finds an event's id and type where the source says."""
    hidden: KnownSecrets = field(default_factory=KnownSecrets, repr=False)
    """What nobody is to see, wherever a sender repeats it."""

    def secrets_at(self, now: datetime) -> tuple[KnownSecret, ...]:
        """Those that are active then."""
        return tuple(each for each in self.secrets if each.valid_until is None or each.valid_until > now)


@dataclass(frozen=True)
class Arrival:
    """One request that came to a source."""

    id: UUID
    """Of the event that will tell of it."""
    source: KnownSource
    received: Received
    address: str
    """Where it came from; empty when that cannot be told."""
    origin: Origin = Origin.SENDER
    fault: str = ""
    """`too_large` or `truncated`: why `body` is not all of it."""
    is_first_in_a_while: bool = False
    """Whether the source has not noted for a minute that something came."""


@dataclass(frozen=True)
class Identity:
    """What makes it the same event as another one."""

    external_id: str
    event_type: str
    dedup_key: bytes
    once_key: bytes | None


@dataclass(frozen=True)
class Answer:
    """What the sender is told."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Refused(Exception):
    """It is stored as rejected, with the reason; the sender gets `answer`. Caught in `receive.py` alone."""

    def __init__(
        self, reason: str, detail: str, answer: QuartermasterError, *, verdict: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        """For an admin: what to look at."""
        self.answer = answer
        self.verdict = dict(verdict or {})
