"""Spans, as a collector of OpenTelemetry receives them: OTLP over HTTP."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from config import otel
from config.otel import Spans
from registry.execution.telemetry import stop_exporting_to
from registry.execution.types import STEPS
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


class Collector:
    def __init__(self, server: Upstream, spans: Spans) -> None:
        self.server = server
        self.spans = spans

    def collected(self) -> list[Span]:
        self.spans.flush()
        return [span for received in self.server.received for span in spans_in(received.body)]


def spans_in(body: bytes) -> Iterator[Span]:
    request = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            yield from scope.spans


def attributes(span: Span) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in span.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    server = Upstream()
    server.will(Scripted(body=b"", headers={"Content-Type": "application/x-protobuf"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        spans = otel.start()
    try:
        yield Collector(server, spans)
    finally:
        stop_exporting_to(spans)
        spans.close()
        server.close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def test_it_sends_a_call_with_its_steps(collector: Collector, corridor: Corridor, register: Register) -> None:
    register()
    outcome = corridor.call("crm-find", {"account": 7}, traceparent=f"00-{TRACE}-{CALLER}-01")
    *steps, call = collector.collected()
    assert call.name == "execute_tool crm-find"
    assert (call.trace_id.hex(), call.parent_span_id.hex()) == (TRACE, CALLER)
    assert call.span_id.hex() == outcome.id.hex[16:]
    assert attributes(call) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "crm-find",
        "quartermaster.execution": str(outcome.id),
        "quartermaster.tenant": "acme",
        "quartermaster.status": "succeeded",
        "quartermaster.attempts": 1,
        "quartermaster.version": "1.0.0",
        "quartermaster.transport": "http",
    }
    assert [step.name for step in steps] == [step for step in STEPS if step in outcome.timings]
    assert {step.parent_span_id for step in steps} == {call.span_id}
    took = {step.name: (step.end_time_unix_nano - step.start_time_unix_nano) // 1000 for step in steps}
    assert {step: took[step] for step in outcome.timings} == dict(outcome.timings)


def test_it_sends_where_a_trace_begins(collector: Collector, corridor: Corridor, register: Register) -> None:
    register()
    outcome = corridor.call("crm-find", {"account": 7})
    call = collector.collected()[-1]
    assert (call.trace_id.hex(), call.parent_span_id) == (outcome.trace_id, b"")


def test_it_sends_why_a_call_failed_and_nothing_of_what_it_said(
    collector: Collector, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500, b'{"who": "alice@example.com"}'))
    corridor.call("crm-find", {"account": 7})
    call = collector.collected()[-1]
    assert (call.status.code, call.status.message) == (call.status.STATUS_CODE_ERROR, "upstream_error")
    assert attributes(call)["error.type"] == "upstream_error"
    assert not [received for received in collector.server.received if b"alice" in received.body]


def test_it_sends_a_call_that_no_tool_was_found_for(collector: Collector, corridor: Corridor) -> None:
    corridor.call("no-such-tool", {})
    assert attributes(collector.collected()[-1])["error.type"] == "tool_not_found"


def test_it_heeds_that_a_trace_is_not_sampled(collector: Collector, corridor: Corridor, register: Register) -> None:
    register()
    corridor.call("crm-find", {"account": 7}, traceparent=f"00-{TRACE}-{CALLER}-00")
    assert collector.collected() == []
