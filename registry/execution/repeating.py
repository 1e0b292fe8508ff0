"""Whether calling a tool again does no more than calling it once: what retries and taking up again stand on."""

import random

from accounts.errors import QuartermasterError
from integrations.errors import UpstreamBroken, UpstreamFailure, UpstreamTimeout
from registry.errors import OutcomeUnknown, UpstreamRefused
from registry.execution.types import Target
from registry.models import ToolVersion
from registry.transports import TRANSPORTS
from registry.transports.base import Declared
from registry.transports.journal import Journal


def is_safe_to_repeat(target: Target) -> bool:
    return target.read_only or target.idempotent or TRANSPORTS[target.transport].repeatable(target.declared)


def is_version_safe_to_repeat(version: ToolVersion) -> bool:
    """The same of a row."""
    declared = Declared(version.definition, version.endpoints, version.input_schema)
    return version.read_only or version.idempotent or TRANSPORTS[version.transport].repeatable(declared)


def is_worth_repeating(error: QuartermasterError, target: Target, attempt: int, journal: Journal) -> bool:
    """More attempts are allowed, the error may pass, and a second effect is impossible or harmless."""
    never_left = isinstance(error, UpstreamFailure) and not error.sent
    if attempt >= target.attempts or not _may_pass(error, target):
        return False
    return never_left or _is_harmless(target, journal)


def pause_before_next(error: QuartermasterError, target: Target, attempt: int) -> float:
    """Seconds. Exponential with full jitter; what the upstream asked for when it asked."""
    if error.retry_after is not None:
        return error.retry_after
    return random.uniform(0, target.backoff.ceiling(attempt))  # noqa: S311  jitter, not a secret


def as_told(error: QuartermasterError, target: Target, journal: Journal) -> QuartermasterError:
    """A call that left and was never answered may have had its effect; only a harmless one merely failed."""
    if not _may_have_acted(error) or _is_harmless(target, journal):
        return error
    return OutcomeUnknown(
        f"{_what_happened(error)} The call may have had its effect: look at the service before repeating it.",
        extra=error.extra,
    )


def _is_harmless(target: Target, journal: Journal) -> bool:
    """Of a call of several steps, the one that failed is all that is sent again."""
    return journal.failed_is_repeatable or is_safe_to_repeat(target)


def _may_pass(error: QuartermasterError, target: Target) -> bool:
    wanted = target.backoff.on_status
    if wanted is None or not isinstance(error, UpstreamRefused):
        return error.retryable
    return error.upstream_status in wanted


def _may_have_acted(error: QuartermasterError) -> bool:
    if isinstance(error, UpstreamRefused):
        return error.may_have_acted
    return isinstance(error, UpstreamTimeout | UpstreamBroken) and error.sent


def _what_happened(error: QuartermasterError) -> str:
    """The first sentence: what comes after it tells to try again."""
    return f"{error.message.partition('. ')[0].removesuffix('.')}."
