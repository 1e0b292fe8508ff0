"""What travels through the corridor. Frozen, so that no step can change what another one reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol
from uuid import UUID

from accounts.caller import Caller
from accounts.errors import QuartermasterError
from accounts.ids import new_id
from accounts.limits import Limits
from accounts.tracing import Trace, read_traceparent, span_of
from integrations.redaction import hidden
from registry.artifacts.content import Content
from registry.breakers.settings import BreakerSettings, Held
from registry.errors import OutcomeUnknown
from registry.limits.bounds import Taken
from registry.models import Artifact
from registry.models.execution import Status
from registry.permissions.policy import OPEN, ToolPolicy
from registry.redaction import USUAL, ToolRedaction
from registry.retries import Backoff
from registry.transports.base import Chunk, Declared

STEPS = (
    *("resolve", "permit", "limit", "validate", "open", "ask"),
    *("cache", "guard", "send", "shape", "redact", "record"),
)
"""The corridor's steps in their order, as they are named in an execution's timings."""


class Mode(StrEnum):
    """How the caller gets the outcome."""

    SYNC = "sync"
    ASYNC = "async"
    """Told at once that the execution is pending; a worker runs it."""
    STREAM = "stream"


@dataclass(frozen=True)
class Resumed:
    """Says that a call is one whose execution is there already, and was taken up by this process."""

    run: int
    started_at: datetime
    attempts: int = 0
    """Those of the runs before."""
    approval_id: UUID | None = None


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
    effect_key: str = ""
    """What its service knows the effect by, where several executions try for one; empty: the execution's id."""
    conversation: str = ""
    provider: str = ""
    tried: tuple[str, ...] = ()
    """Slugs of the tools that a routed call tried before this one."""
    mode: Mode = Mode.SYNC
    end_user: str = ""
    """For whom the call is made, in the tenant's own words: it goes out with this end user's connection."""
    wait_ms: int | None = None
    """How long the caller waits for the outcome before being told that the call goes on; None: until it ends."""
    can_wait: bool = True
    """Whether its caller can come back for a call that has to wait for a person; a composite cannot."""
    parent_id: UUID | None = None
    """The batch or composite execution that makes this call."""
    masked: Mapping[str, Any] | None = None
    """The input with what may not be stored of it masked, as other calls gave it; None: nothing came masked."""
    made_by: "Target | None" = None
    """The composite that makes this call."""
    fields: tuple[str, ...] = ()
    max_tokens: int | None = None
    traceparent: str = ""
    """The W3C header that came with it; empty or unreadable: the call begins a trace."""
    resumed: Resumed | None = None
    execution_id: UUID = field(default_factory=new_id)

    @cached_property
    def trace(self) -> Trace:
        """Where the call stands in its trace."""
        return read_traceparent(self.traceparent) or Trace(self.execution_id.hex)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """What was masked of the input where it came from: it may not be stored as an echo of it either."""
        return frozenset() if self.masked is None else hidden(self.input, self.masked)

    @property
    def upstream_key(self) -> str:
        """The `Idempotency-Key` of every request that it sends."""
        return self.effect_key or f"qm-{self.execution_id}"

    @property
    def trace_below(self) -> str:
        """The `traceparent` of what the call itself calls."""
        return self.trace.below(span_of(self.execution_id))


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
    backoff: Backoff
    """How long to wait before the next attempt, and after which answers there is one."""
    breaker: BreakerSettings
    hold: Held | None
    """Somebody's word over its circuit."""
    cache_seconds: int
    cache_epoch: str
    """Changes when the tool's cached answers are thrown away."""
    limits: Limits | None
    """The tool's own; of a shared tool, the platform's."""
    own_limits: Limits | None
    """The tenant's for a shared tool, besides."""
    egress_networks: tuple[str, ...] | None
    excluded_providers: frozenset[str]
    meanwhile: str = ""
    """What an agent may say while the call goes on."""
    policy: ToolPolicy = OPEN
    """What the tenant's permission rules may say about a call of it."""
    redaction: ToolRedaction = USUAL
    connection_id: UUID | None = None
    """Whose credential the call goes out with; None: the tool has no connector."""
    connection: str = ""
    """Its slug."""
    response_mapping: str = ""
    max_input_bytes: int | None = None
    max_output_bytes: int | None = None
    max_output_tokens: int | None = None
    artifact_threshold_bytes: int | None = None
    artifact_ttl_seconds: int | None = None

    def timeout_ms_for(self, call: ToolCall) -> int:
        """The version's timeout; a caller may have less, not more."""
        return min(call.timeout_ms or self.timeout_ms, self.timeout_ms)


@dataclass(frozen=True)
class Progress:
    """How far a running call is."""

    fraction: float | None
    message: str
    at: datetime


class Listener(Protocol):
    """Who is told of a call while it runs. Telling is no reason to fail: what is raised here ends the call."""

    def opened(self, limits: Taken | None) -> None:
        """The execution's row is there: from now on it can be looked up. `limits` is what they said of the call."""

    def sending(self, target: Target) -> None:
        """Of a call that streams: it passed what comes before, and is sent now."""

    async def chunk(self, chunk: Chunk) -> None:
        """A part of the answer; whoever is slow to take it slows the call down."""

    def progressed(self, progress: Progress) -> None:
        """The tool told how far it is."""


class Nobody:
    """Listens to nothing."""

    def opened(self, limits: Taken | None) -> None:
        """Not listened to."""

    def sending(self, target: Target) -> None:
        """Not listened to."""

    async def chunk(self, chunk: Chunk) -> None:
        """Not listened to."""

    def progressed(self, progress: Progress) -> None:
        """Not listened to."""


NOBODY: Listener = Nobody()


@dataclass(frozen=True)
class Answer:
    """What the tool said."""

    output: Any
    attempts: int = 1
    cached: bool = False
    media_type: str = ""
    """What the service called a text; empty: unknown, or it is JSON."""
    masked: Any = None
    """The output with what may not be stored of it masked, where it was put together; None: nothing came masked."""

    @property
    def storable(self) -> Any:
        """The output, before the rules of this tool."""
        return self.output if self.masked is None else self.masked


@dataclass(frozen=True)
class Ending:
    """How a call ended: an answer or an error, never both."""

    status: Status
    answer: Answer | None = None
    error: QuartermasterError | None = None
    attempts: int = 0
    replayed: bool = False
    """Nothing was run: an earlier execution is told again."""
    broken_off: bool = False
    """Our own process stopped it, while its service may have been about to answer."""

    @property
    def upstream_failed(self) -> bool:
        """Whether the tool's service, not the caller or the corridor, is to blame: what the breaker counts."""
        if self.error is None or not self.attempts or self.broken_off:
            return False
        return self.error.retryable or isinstance(self.error, OutcomeUnknown)

    @property
    def upstream_answered(self) -> bool:
        """Whether the service did its part, if only by refusing what the caller had asked."""
        if self.broken_off or self.status is Status.CANCELLED:
            return False
        return self.attempts > 0 and not self.upstream_failed


@dataclass(frozen=True)
class StoredForms:
    """The redacted forms: what may be written down, pushed and shown."""

    input: Any
    output: Any
    error: dict[str, Any] | None
    truncated: dict[str, Any] | None = None
    artifact: Artifact | None = None
    """The row of what is kept of the whole output."""


@dataclass(frozen=True)
class ReturnedForms:
    """What the caller may be told."""

    output: Any
    error: dict[str, Any] | None


@dataclass(frozen=True)
class Told:
    """The answer as it is told: with the fields that were asked for, within its budget."""

    output: Any
    stored: Any
    """The same of the redacted form."""
    whole: Any
    """Before fields and budget, for whoever goes on working with it in this process."""
    truncated: dict[str, Any] | None = None
    stored_truncated: dict[str, Any] | None = None
    """The same with the names in its paths masked."""
    content: Content | None = None
    """What is to be kept as an artifact."""
    artifact: Artifact | None = None
    """What was kept, to be saved with the execution."""


@dataclass(frozen=True)
class Recorded:
    """Where and when the ending of a call was written down."""

    execution_id: UUID
    """The call's own; of a refusal that came in a flood, that of the row that counts it."""
    at: datetime


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
    mode: str = Mode.SYNC
    waits_for: str = ""
    """What a pending one waits for: `approval` or `worker`."""
    progress: Mapping[str, Any] | None = None
    parent_id: UUID | None = None
    meanwhile: str = ""
    """What to say while it is not finished."""
    truncated: Mapping[str, Any] | None = None
    """What was left out of `output`, and where the rest is."""
    attempt_log: Sequence[Mapping[str, Any]] = ()
    """Number, error code and pause of each attempt, where one failed."""
    limits: Taken | None = None
    """What the limits said that the call met."""
    artifact: Mapping[str, Any] | None = None
    """What is kept of the whole output, and how to read it."""
    whole: Any = None
    """The output before fields and budget; of one that was read from its row, what stands there."""
    masked: Any = None
    """The same as it is stored, or the part of it that was looked through."""
    count: int = 1
    """How many refusals of a flood it stands for."""
    may_go_elsewhere: bool = False
    """Whether the call may be made of another tool instead."""
