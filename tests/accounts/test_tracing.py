"""W3C Trace Context: https://www.w3.org/TR/trace-context/"""

from uuid import UUID

import pytest

from accounts.tracing import Trace, Work, at_work, current_work, read_traceparent, span_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_it_reads_whose_trace_it_is() -> None:
    assert read_traceparent(f"00-{TRACE}-{SPAN}-01") == Trace(TRACE, SPAN, sampled=True)
    assert read_traceparent(f"00-{TRACE}-{SPAN}-00") == Trace(TRACE, SPAN, sampled=False)


def test_it_heeds_of_the_flags_what_it_knows() -> None:
    assert read_traceparent(f"00-{TRACE}-{SPAN}-f1") == Trace(TRACE, SPAN, sampled=True)


def test_it_reads_versions_to_come_as_far_as_it_can() -> None:
    assert read_traceparent(f"cc-{TRACE}-{SPAN}-01-more") == Trace(TRACE, SPAN)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{SPAN}",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
    ],
)
def test_it_begins_anew_where_it_cannot_read(header: str) -> None:
    assert read_traceparent(header) is None


def test_it_passes_a_trace_on_with_a_span_of_its_own() -> None:
    assert Trace(TRACE, SPAN).below("00f067aa0ba902b7") == f"00-{TRACE}-00f067aa0ba902b7-01"
    assert Trace(TRACE, SPAN, sampled=False).below("00f067aa0ba902b7") == f"00-{TRACE}-00f067aa0ba902b7-00"


def test_an_execution_has_a_span() -> None:
    assert span_of(UUID("019aa000-0000-7000-8000-00000000beef")) == "800000000000beef"


def test_it_knows_what_it_works_at_until_that_is_done() -> None:
    work = Work(TRACE, "1", "acme", "crm-find")
    with at_work(work):
        assert current_work() == work
    assert current_work() is None
