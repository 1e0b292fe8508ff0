"""OpenTelemetry: each call as a span with its steps below it, sent to OTEL_EXPORTER_OTLP_ENDPOINT.

Where to, how often and with which headers is the exporter's to read, from the variables that its specification names:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import time
from collections.abc import Iterator, Mapping

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.util.types import AttributeValue

from accounts.tracing import Trace, span_of
from registry.execution.passage import Passage
from registry.execution.telemetry import export_to
from registry.execution.types import Ending, ToolCall

SERVICE = "quartermaster"
_NANOSECONDS = 1000


class _ExecutionIds(RandomIdGenerator):
    """A call's span and trace have the ids that its upstream and its log lines were told already."""

    def __init__(self) -> None:
        self.call: ToolCall | None = None

    def generate_span_id(self) -> int:
        if self.call is None:
            return super().generate_span_id()
        span = int(span_of(self.call.execution_id), 16)
        self.call = None
        return span

    def generate_trace_id(self) -> int:
        return int(self.call.trace.trace_id, 16) if self.call else super().generate_trace_id()


class Spans:
    """Turns calls that ended into spans; a thread of the SDK sends them."""

    def __init__(self) -> None:
        self._ids = _ExecutionIds()
        self._provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), id_generator=self._ids)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE)

    def __call__(self, passage: Passage, ending: Ending) -> None:
        call = passage.call
        if not call.trace.sampled:
            return
        end = time.time_ns()
        start = end - sum(passage.timings.values()) * _NANOSECONDS
        self._ids.call = call
        span = self._tracer.start_span(
            f"execute_tool {call.tool}",
            context=_parent(call.trace),
            kind=SpanKind.SERVER,
            attributes=dict(_attributes(passage, ending)),
            start_time=start,
        )
        below = set_span_in_context(span)
        for step, began, ended in _steps(passage.timings, start):
            self._tracer.start_span(step, context=below, start_time=began).end(ended)
        if ending.error is not None:
            span.set_status(Status(StatusCode.ERROR, ending.error.code))
        span.end(end)

    def flush(self) -> None:
        """Send what has not been sent yet."""
        self._provider.force_flush()

    def close(self) -> None:
        self._provider.shutdown()


def start() -> Spans:
    spans = Spans()
    export_to(spans)
    return spans


def _parent(trace: Trace) -> Context:
    """An empty context where the trace begins: never whatever the process happens to be in."""
    if not trace.parent_span:
        return Context()
    flags = TraceFlags(TraceFlags.SAMPLED)
    remote = SpanContext(int(trace.trace_id, 16), int(trace.parent_span, 16), is_remote=True, trace_flags=flags)
    return set_span_in_context(NonRecordingSpan(remote), Context())


def _steps(timings: Mapping[str, int], start: int) -> Iterator[tuple[str, int, int]]:
    """The steps one after the other: what lies between two of them is next to nothing."""
    for step, microseconds in timings.items():
        end = start + microseconds * _NANOSECONDS
        yield step, start, end
        start = end


def _attributes(passage: Passage, ending: Ending) -> Iterator[tuple[str, AttributeValue]]:
    """Ids and words, never payloads. The first two are those of the conventions for generative AI."""
    call, target = passage.call, passage.target
    yield "gen_ai.operation.name", "execute_tool"
    yield "gen_ai.tool.name", call.tool
    yield "quartermaster.execution", str(call.execution_id)
    yield "quartermaster.tenant", call.caller.tenant_slug
    yield "quartermaster.status", ending.status.value
    yield "quartermaster.attempts", ending.attempts
    if target is not None:
        yield "quartermaster.version", target.version
        yield "quartermaster.transport", target.transport
    if ending.error is not None:
        yield "error.type", ending.error.code
