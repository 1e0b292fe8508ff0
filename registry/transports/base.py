"""What a transport is: it checks a definition when a version is published, and sends a call when one is made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from accounts.caller import Caller
from accounts.errors import Fault
from integrations.connections.grant import CallGrant
from registry.transports.journal import Journal


@dataclass(frozen=True, eq=False)
class Declared:
    """The parts of a version that say how it is reached. One is no other, so that what was read of it can be kept."""

    definition: Mapping[str, Any]
    endpoints: Mapping[str, str]
    """Operation to URL; empty for a tool with one way to call it."""
    input_schema: Mapping[str, Any]


@dataclass(frozen=True)
class Nested:
    """A call that a transport makes of another tool, for the same caller, on the way to its own answer."""

    tool: str
    input: Mapping[str, Any]
    version: str = ""
    operation: str = ""
    timeout_ms: int | None = None
    masked: Mapping[str, Any] | None = None
    """The input with what may not be stored of it masked; None: nothing came masked."""


class NestedOutcome(Protocol):
    """What is told of a nested call: the corridor's `Outcome`, which no transport imports."""

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


@dataclass(frozen=True)
class Chunk:
    """A part of the answer of a call that streams."""

    data: Any
    """A JSON value, or a piece of text."""
    event: str = ""
    """What the service calls it, where it gives its parts names."""
    goes_on: bool = False
    """Its text goes on where the chunk before ended: together they are one text."""


Emit = Callable[[Chunk], Awaitable[None]]
"""Passes a part of the answer on. Returns when there is room for the next one."""
Report = Callable[[float | None, str], None]
"""Tells how far the call is: a fraction from 0 to 1, or None when it is not known, and a phrase."""
CallTool = Callable[[Nested], Awaitable[NestedOutcome]]


def nobody_asks(fraction: float | None, message: str) -> None:
    """Where progress goes that nobody wants to know."""


@dataclass(frozen=True)
class Dispatch:
    """One attempt at a call, on its way out."""

    declared: Declared
    input: Mapping[str, Any]
    operation: str
    timeout_seconds: float
    """What is left for this attempt."""
    caller: Caller
    egress_networks: tuple[str, ...] | None
    """The tenant's narrowing of the operator's networks; None: not narrowed."""
    progress: Report = nobody_asks
    call_tool: CallTool | None = None
    """Runs another tool through the whole corridor; None outside of it."""
    idempotency_key: str | None = None
    """Names the call's one effect, the same at every attempt: passed on where the service takes one."""
    end_user: str = ""
    """For whom the call is made, in the tenant's own words."""
    traceparent: str = ""
    """The W3C header for whatever this call makes others do; empty outside of the corridor."""
    max_output_bytes: int | None = None
    """What the tool may answer at most; None: the transport's usual limit."""
    emit: Emit | None = None
    """Set where the caller wants the answer in parts. A transport that cannot give parts leaves it alone."""
    masked_input: Callable[[], Any] | None = None
    """The input as it may be stored: for whoever hands parts of it on."""
    grant: CallGrant | None = None
    """What the call goes out with, of a tool with a connector."""
    journal: Journal = field(default_factory=Journal)
    """The call's own; every attempt at it is given the same."""

    @property
    def tenant_id(self) -> UUID:
        return self.caller.tenant_id

    @property
    def tenant_slug(self) -> str:
        return self.caller.tenant_slug


@dataclass(frozen=True)
class Reply:
    """What came back, as a JSON value."""

    output: Any
    """None after parts were emitted: then the answer is what was emitted."""
    media_type: str = ""
    """What the service called a text; empty: it said nothing, or it is JSON."""
    masked: Any = None
    """The output with what may not be stored of it masked, where it was put together; None: nothing came masked."""


class Transport(Protocol):
    """A way to reach a tool. Siblings are symmetrical: see `http.py` and `builtin.py`."""

    def check(self, declared: Declared) -> list[Fault]:
        """What is wrong with a definition; paths as in the registration's body. Empty: it can be published."""

    def send(self, dispatch: Dispatch) -> Awaitable[Reply]:
        """Make the call. Raises leaves of the error tree; one with `sent = False` is certain to have had no effect.

        What is raised before there is anything to await is no attempt: that is where to refuse what cannot be sent.
        """

    def repeatable(self, declared: Declared) -> bool:
        """Whether the way of calling alone promises that twice does no more than once (RFC 9110, 9.2.2)."""
