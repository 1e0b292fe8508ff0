"""What travels through the corridor. Frozen, so that no step can change what another one reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from accounts.caller import Caller
from accounts.errors import QuartermasterError
from accounts.ids import new_id
from registry.errors import OutcomeUnknown
from registry.models.execution import Status
from registry.transports.base import Declared

STEPS = (
    *("resolve", "permit", "limit", "validate", "open", "ask"),
    *("cache", "guard", "send", "shape", "redact", "record"),
)
"""The corridor's steps in their order, as they are named in an execution's timings."""


@dataclass(frozen=True)
class ToolCall:
    """What a door hands in."""

    caller: Caller
    tool: str
    """The tool's slug."""
    input: Mapping[str, Any]
    """The raw input; never stored as it is."""
    version: str = ""
    """A semver range; empty: the tenant's pin, else the latest."""
    operation: str = ""
    timeout_ms: int | None = None
    idempotency_key: str | None = None
    trace_id: str = ""
    conversation: str = ""
    provider: str = ""
    tried: tuple[str, ...] = ()
    """Slugs of the tools that a routed call tried before this one."""
    execution_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Target:
    """The tool and version a call is for: immutable, so it may be kept under the tenant's generation."""

    tool_id: UUID
    slug: str
    version_id: UUID
    version: str
    transport: str
    declared: Declared
    output_schema: Mapping[str, Any] | None
    permissions: frozenset[str]
    timeout_ms: int
    attempts: int
    read_only: bool
    idempotent: bool
    cache_seconds: int
    rate_limit: Mapping[str, Any] | None
    egress_networks: tuple[str, ...] | None
    excluded_providers: frozenset[str]

    def timeout_ms_for(self, call: ToolCall) -> int:
        """The version's timeout; a caller may have less, not more."""
        return min(call.timeout_ms or self.timeout_ms, self.timeout_ms)


class Decision(StrEnum):
    """The answer of `permit`. Deny is an error, so it never travels."""

    ALLOW = "allow"
    ASK = "ask"


@dataclass(frozen=True)
class Answer:
    """What the tool said."""

    output: Any
    attempts: int = 1
    cached: bool = False


@dataclass(frozen=True)
class Ending:
    """How a call ended: an answer or an error, never both."""

    status: Status
    answer: Answer | None = None
    error: QuartermasterError | None = None
    attempts: int = 0

    @property
    def upstream_failed(self) -> bool:
        """Whether the tool's service, not the caller or the corridor, is to blame: what the breaker counts."""
        if self.error is None or not self.attempts:
            return False
        return self.error.retryable or isinstance(self.error, OutcomeUnknown)

    @property
    def upstream_answered(self) -> bool:
        """Whether the service did its part, if only by refusing what the caller had asked."""
        return self.attempts > 0 and self.status is not Status.CANCELLED and not self.upstream_failed


@dataclass(frozen=True)
class StoredForms:
    """The redacted forms: what may be written down, pushed and shown."""

    input: Any
    output: Any
    error: dict[str, Any] | None


@dataclass(frozen=True)
class Outcome:
    """An execution as its caller is told it."""

    id: UUID
    tool: str
    version: str
    status: Status
    input: Any
    output: Any
    error: dict[str, Any] | None
    """The problem document of an execution that did not succeed."""
    timings: Mapping[str, int]
    """Microseconds by step."""
    attempts: int
    cached: bool
    tried: tuple[str, ...]
    operation: str
    agent: UUID | None
    tenant: UUID
    trace_id: str
    idempotency_key: str | None
    started_at: datetime
    finished_at: datetime | None
    replayed: bool = False
    may_go_elsewhere: bool = False
    """Whether the call may be made of another tool instead."""
