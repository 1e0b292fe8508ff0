"""Which trace the work at hand belongs to, after W3C Trace Context (https://www.w3.org/TR/trace-context/)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_VERSION_0 = re.compile(r"00-[^-]*-[^-]*-[^-]*")
_SAMPLED = 0x01


@dataclass(frozen=True)
class Trace:
    """A place in a trace: its id, and the span that whatever comes next is part of."""

    trace_id: str
    """32 hexadecimal digits."""
    parent_span: str = ""
    """16 hexadecimal digits; empty: the trace begins here."""
    sampled: bool = True

    def below(self, span: str) -> str:
        """The `traceparent` header for work that is part of `span`."""
        return f"00-{self.trace_id}-{span}-{_SAMPLED if self.sampled else 0:02x}"


def read_traceparent(header: str) -> Trace | None:
    """None for what is no `traceparent`: a new trace begins, as the recommendation says."""
    match = _TRACEPARENT.fullmatch(header)
    if match is None or (header.startswith("00") and not _VERSION_0.fullmatch(header)):
        return None
    return Trace(match[1], match[2], sampled=bool(int(match[3], 16) & _SAMPLED))


def span_of(execution_id: UUID) -> str:
    """An execution's span: the random half of its id."""
    return execution_id.hex[16:]


@dataclass(frozen=True)
class Work:
    """What log lines say of the call that they belong to."""

    trace_id: str
    execution_id: str
    tenant: str
    tool: str


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def at_work(work: Work) -> Iterator[None]:
    token = _work.set(work)
    try:
        yield
    finally:
        _work.reset(token)


def current_work() -> Work | None:
    return _work.get()
