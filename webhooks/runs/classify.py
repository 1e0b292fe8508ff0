"""What an execution's error means for the run that made it. A pure decision, from the error's code.

An attempt is repeated where its trouble may pass, and where repeating cannot have the effect twice: its tool is safe
to repeat, nothing was sent, or the service turned it away. Everything else is given up, with whose matter it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.execution.types import Outcome
from registry.models.execution import Status
from webhooks.models.queued import Cause


@dataclass(frozen=True)
class Meaning:
    cause: Cause
    """Whose matter it is, once it is given up."""
    may_pass: bool
    """Whether trying again may help."""


# What a run never meets is told as ours, so that nobody else is sent looking.
MEANINGS: Mapping[str, Meaning] = {
    **{
        code: Meaning(Cause.OURS, may_pass=True)
        for code in ("internal_error", "unavailable", "embedder_unavailable", "error")
    },
    **{
        code: Meaning(Cause.POLICY, may_pass=True)
        for code in ("rate_limited", "tool_disabled", "connection_missing", "connection_expired")
    },
    **{
        code: Meaning(Cause.TOOL, may_pass=True)
        for code in ("upstream_error", "timeout", "circuit_open", "outcome_unknown")
    },
    **{code: Meaning(Cause.TOOL, may_pass=False) for code in ("invalid_output", "call_failed", "credential_refused")},
    **{
        code: Meaning(Cause.POLICY, may_pass=False)
        for code in (
            *("forbidden", "egress_blocked", "tool_not_found", "version_not_found", "cancelled"),
            *("unauthenticated", "key_expired", "key_revoked", "quota_reached"),
        )
    },
    **{
        code: Meaning(Cause.SENDER, may_pass=False)
        for code in ("invalid_input", "too_large", "precondition_required", "precondition_failed")
    },
    **{
        code: Meaning(Cause.OURS, may_pass=False)
        for code in (
            *("malformed_request", "not_found", "method_not_allowed", "not_acceptable", "unsupported_media_type"),
            *("conflict", "breaking_change", "idempotency_conflict", "range_not_satisfiable"),
            *("skipped", "aborted", "reads_too_slowly", "signature_invalid", "source_disabled"),
            "embedder_refused",
        )
    },
}
UNFORESEEN = Meaning(Cause.OURS, may_pass=False)
OUTCOME_UNKNOWN = "outcome_unknown"
MAY_HAVE_ACTED = frozenset({"internal_error", "unavailable", "timeout", "upstream_error"})
"""Codes of what was sent, perhaps."""
TURNED_AWAY = frozenset({425, 429})
"""Statuses that say that nothing was done (RFC 8470, 5.2; RFC 6585, 4). A 5xx may come from behind the effect, or from
a gateway that lost its service.
"""


@dataclass(frozen=True)
class Failure:
    """Why an attempt did not succeed."""

    code: str
    detail: str
    status_code: int | None = None
    """What the tool's service answered."""
    retry_after: float | None = None
    was_sent: bool = False
    """Whether something may have left."""


@dataclass(frozen=True)
class Verdict:
    failure: Failure
    cause: Cause
    again: bool
    """Whether to try again while the schedule has attempts left."""
    is_down: bool = False
    """Whether the tool's service seems not to work; of one that refuses it is known that it does."""


def failure_of(outcome: Outcome) -> Failure:
    """That of an execution that ended without success."""
    error = outcome.error or {}
    upstream = error.get("upstream") or {}
    return Failure(
        code=error.get("code", "error"),
        detail=_sentence(error),
        status_code=upstream.get("status"),
        retry_after=error.get("retry_after"),
        was_sent=outcome.status != Status.REFUSED and not _never_left(outcome),
    )


def judge(failure: Failure, *, is_safe: bool) -> Verdict:
    """`is_safe`: calling the tool twice does no more than calling it once."""
    meaning = MEANINGS.get(failure.code, UNFORESEEN)
    if not meaning.may_pass or _is_refusal(failure):
        return Verdict(failure, meaning.cause, again=False)
    is_down = meaning.cause is Cause.TOOL
    if is_safe or not _may_have_acted(failure):
        return Verdict(failure, meaning.cause, again=True, is_down=is_down)
    return Verdict(_unknown(failure), meaning.cause, again=False, is_down=is_down)


def _is_refusal(failure: Failure) -> bool:
    """The service answered, and would answer the same again."""
    status = failure.status_code
    return status is not None and status < 500 and status not in {408, 425, 429}


def _may_have_acted(failure: Failure) -> bool:
    if failure.code == OUTCOME_UNKNOWN:
        return True
    return failure.was_sent and failure.code in MAY_HAVE_ACTED and failure.status_code not in TURNED_AWAY


def _unknown(failure: Failure) -> Failure:
    if failure.code == OUTCOME_UNKNOWN:
        return failure
    return Failure(
        OUTCOME_UNKNOWN,
        f"{failure.detail} It may have had its effect, and its tool is not safe to repeat. "
        "Look at the service before redriving it.",
        failure.status_code,
        was_sent=True,
    )


def _never_left(outcome: Outcome) -> bool:
    """It is certain of each attempt."""
    return sum(attempt.get("sent") is False for attempt in outcome.attempt_log) == outcome.attempts


def _sentence(error: Mapping[str, Any]) -> str:
    """The error's own, and its first faults in place of "See `errors`": an input that does not fit is found by them."""
    detail, faults = str(error.get("detail", "")), error.get("errors", [])[:3]
    if faults:
        detail = detail.partition("See `errors`")[0].rstrip()
    return " ".join([detail, *(f"{fault['path']}: {fault['message']}" for fault in faults)]).strip()
