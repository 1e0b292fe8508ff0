"""What travels through a batch."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from accounts.errors import QuartermasterError


class OnError(StrEnum):
    """What happens to the others when a call does not succeed."""

    CONTINUE = "continue"
    """Those that need nothing of it go on."""
    ABORT = "abort"
    """Nothing new starts; what runs already ends."""


@dataclass(frozen=True)
class PlannedCall:
    id: str
    tool: str
    version: str
    """A semver range, or empty."""
    input: Mapping[str, Any]
    """May hold references to what other calls give."""
    operation: str = ""
    timeout_ms: int | None = None
    fields: tuple[str, ...] = ()
    """What of the answer its caller is told. Others that refer to it work with all of it."""
    max_tokens: int | None = None
    needs: frozenset[str] = frozenset()
    """The calls that have to succeed before: those named in `depends_on`, and those referred to."""
    is_literal: bool = False
    """Its input is meant as it stands: what looks like a reference in it is none."""


@dataclass(frozen=True)
class Plan:
    """Calls that were checked: each need is a call of the plan, and none waits for itself."""

    calls: tuple[PlannedCall, ...]
    max_parallel: int
    on_error: OnError


class Told(Protocol):
    """What a batch needs to know of an execution: the corridor's `Outcome`, or what a transport sees of it."""

    @property
    def id(self) -> UUID: ...
    @property
    def status(self) -> str: ...
    @property
    def output(self) -> Any: ...
    @property
    def whole(self) -> Any: ...
    @property
    def masked(self) -> Any: ...
    @property
    def truncated(self) -> Mapping[str, Any] | None: ...
    @property
    def error(self) -> dict[str, Any] | None: ...
    @property
    def replayed(self) -> bool: ...


SUCCEEDED = "succeeded"
UNFINISHED = ("pending", "running")
"""It waits for a person or a worker, or another process runs it: there is no output yet."""
FAILED = "failed"
SKIPPED = "skipped"
"""What it needed was not there, so it was not called."""
ABORTED = "aborted"
"""The batch was over before its turn."""


@dataclass(frozen=True)
class CallEnd:
    """What became of one call."""

    call: PlannedCall
    status: str
    """An execution's, or `skipped` or `aborted`."""
    execution: Told | None = None
    error: QuartermasterError | None = None
    """Why there is no execution."""

    @property
    def succeeded(self) -> bool:
        return self.status == SUCCEEDED


@dataclass(frozen=True)
class Source:
    """What references may name: what a call gave, or the input of a composite."""

    output: Any
    masked: Any
    """The same as it may be stored, or the part of it that is known."""
    is_stored: bool = False
    """Whether it was read from a row: what was secret in it may be masked."""
    in_part: bool = False
    """Whether only a part of it is there: the rest is an artifact."""


@dataclass(frozen=True)
class Filled:
    """A value without references."""

    value: Any
    masked: Any
    """With all masked that is masked where it comes from; the very same object when nothing is."""

    @property
    def if_masked(self) -> Any:
        """The masked form where there is one; else None."""
        return None if self.masked is self.value else self.masked


CallPlanned = Callable[[PlannedCall, Filled, int | None], Awaitable[Told]]
"""Calls a tool: the call as it was planned, its input with the references filled in, and how long it may take."""
