"""What travels between the queue and those who do its work."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from webhooks.queue.kinds import Kind


@dataclass(frozen=True)
class Taken:
    """A row that this process has, until its lease ends or an ending says otherwise."""

    kind: Kind
    tenant_id: UUID
    id: UUID
    taken: int
    """The fencing number: whoever took it later has a higher one, and only theirs counts."""


@dataclass(frozen=True)
class Attempt:
    """How one went, as its WebhookAttempt tells it."""

    started_at: datetime
    execution_id: UUID | None = None
    status_code: int | None = None
    """What the receiver answered."""
    code: str = ""
    """Empty: it succeeded."""
    detail: str = ""
    """The error in a sentence, fit to be shown."""
    response: str = ""
    """The beginning of the receiver's answer, redacted."""
