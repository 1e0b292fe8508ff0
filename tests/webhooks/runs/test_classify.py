"""What an execution's error means for its run."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import QuartermasterError
from registry.execution.types import Outcome
from registry.models.execution import Status
from tests.registry.execution.calls import AGENT, TENANT
from webhooks.models.queued import Cause
from webhooks.runs.classify import MEANINGS, Failure, failure_of, judge

SENT = Failure("upstream_error", "It failed.", was_sent=True)


def everything_that_can_go_wrong(kind: type[QuartermasterError] = QuartermasterError) -> Iterator[str]:
    yield kind.code
    for leaf in kind.__subclasses__():
        yield from everything_that_can_go_wrong(leaf)


def test_every_error_means_something() -> None:
    ours = {code for code in everything_that_can_go_wrong() if not code.startswith("test")}
    assert ours - MEANINGS.keys() == set()


def test_what_nobody_foresaw_is_our_matter_and_not_repeated() -> None:
    verdict = judge(Failure("brand_new", "It is new."), is_safe=True)
    assert (verdict.cause, verdict.again) == (Cause.OURS, False)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("internal_error", Cause.OURS),
        ("unavailable", Cause.OURS),
        ("rate_limited", Cause.POLICY),
        ("tool_disabled", Cause.POLICY),
        ("connection_missing", Cause.POLICY),
        ("connection_expired", Cause.POLICY),
        ("circuit_open", Cause.TOOL),
        ("upstream_error", Cause.TOOL),
        ("timeout", Cause.TOOL),
    ],
)
def test_what_may_pass_and_was_not_sent_is_tried_again(code: str, cause: Cause) -> None:
    verdict = judge(Failure(code, "Not now."), is_safe=False)
    assert (verdict.cause, verdict.again) == (cause, True)


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("invalid_output", Cause.TOOL),
        ("call_failed", Cause.TOOL),
        ("forbidden", Cause.POLICY),
        ("egress_blocked", Cause.POLICY),
        ("tool_not_found", Cause.POLICY),
        ("version_not_found", Cause.POLICY),
        ("cancelled", Cause.POLICY),
        ("invalid_input", Cause.SENDER),
        ("too_large", Cause.SENDER),
        ("conflict", Cause.OURS),
    ],
)
def test_what_stays_is_given_up_however_safe_the_tool_is(code: str, cause: Cause) -> None:
    verdict = judge(Failure(code, "Never."), is_safe=True)
    assert (verdict.cause, verdict.again) == (cause, False)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_a_service_that_fails_is_asked_again_where_that_is_safe(status: int) -> None:
    assert judge(replace(SENT, status_code=status), is_safe=True).again


@pytest.mark.parametrize("status", [425, 429])
def test_a_service_that_turned_it_away_is_asked_again(status: int) -> None:
    assert judge(replace(SENT, status_code=status), is_safe=False).again


@pytest.mark.parametrize("status", [408, 500, 502, 503, 599])
def test_a_service_that_failed_may_have_acted_before(status: int) -> None:
    verdict = judge(replace(SENT, status_code=status), is_safe=False)
    assert (verdict.cause, verdict.again, verdict.failure.code) == (Cause.TOOL, False, "outcome_unknown")
    assert verdict.failure.status_code == status


@pytest.mark.parametrize("status", [200, 301, 400, 401, 403, 404, 409, 410, 422])
def test_a_service_that_refuses_is_not(status: int) -> None:
    verdict = judge(replace(SENT, status_code=status), is_safe=True)
    assert (verdict.cause, verdict.again, verdict.failure.code) == (Cause.TOOL, False, "upstream_error")


@pytest.mark.parametrize("code", ["upstream_error", "internal_error", "unavailable", "timeout"])
def test_what_left_without_an_answer_is_repeated_only_where_that_is_safe(code: str) -> None:
    failure = replace(SENT, code=code)
    assert judge(failure, is_safe=True).again
    verdict = judge(failure, is_safe=False)
    assert (verdict.again, verdict.failure.code) == (False, "outcome_unknown")
    assert verdict.failure.detail == (
        "It failed. It may have had its effect, and its tool is not safe to repeat. "
        "Look at the service before redriving it."
    )


def test_what_the_corridor_gave_up_is_repeated_where_that_is_safe() -> None:
    failure = Failure("outcome_unknown", "3 processes that ran it have ended.")
    assert judge(failure, is_safe=True).again
    verdict = judge(failure, is_safe=False)
    assert (verdict.cause, verdict.again, verdict.failure) == (Cause.TOOL, False, failure)


def outcome(**facts: Any) -> Outcome:
    usual: dict[str, Any] = {
        "id": TENANT,
        "tenant": TENANT,
        "agent": AGENT,
        "tool": "crm-find",
        "version": "1.0.0",
        "status": Status.FAILED,
        "input": {},
        "output": None,
        "error": None,
        "timings": {},
        "attempts": 1,
        "cached": False,
        "tried": (),
        "operation": "",
        "trace_id": "",
        "idempotency_key": "k",
        "started_at": timezone.now(),
        "finished_at": timezone.now(),
    }
    return Outcome(**usual | facts)


def test_a_failure_is_read_from_the_problem() -> None:
    error = {
        "code": "upstream_error",
        "detail": "HTTP 503.",
        "retry_after": 7.0,
        "upstream": {"status": 503, "body": "down"},
    }
    assert failure_of(outcome(error=error)) == Failure(
        "upstream_error", "HTTP 503.", status_code=503, retry_after=7.0, was_sent=True
    )


def test_the_first_faults_are_told() -> None:
    faults = [{"path": f"$.{name}", "message": f"No {name}."} for name in ("a", "b", "c", "d")]
    found = failure_of(
        outcome(error={"code": "invalid_input", "detail": "It does not fit. See `errors`.", "errors": faults})
    )
    assert found.detail == "It does not fit. $.a: No a. $.b: No b. $.c: No c."


@pytest.mark.parametrize(
    ("facts", "was_sent"),
    [
        ({"status": Status.REFUSED, "attempts": 0}, False),
        ({"attempts": 2, "attempt_log": [{"sent": False}, {"sent": False}]}, False),
        ({"attempts": 2, "attempt_log": [{"sent": False}, {}]}, True),
        ({"attempts": 2, "attempt_log": [{"sent": False}]}, True),
    ],
)
def test_nothing_was_sent_only_where_that_is_certain(facts: dict[str, Any], was_sent: bool) -> None:
    assert failure_of(outcome(error={"code": "upstream_error"}, **facts)).was_sent is was_sent
