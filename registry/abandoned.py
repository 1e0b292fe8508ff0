"""Executions whose process is gone: their lease has ended. Taken up again where that is safe, ended where it is not.

None stays running for ever, and none runs twice whose tool is not safe to repeat.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from accounts import leases
from accounts.errors import QuartermasterError
from accounts.tenancy import platform
from registry.ending import end_execution
from registry.errors import Cancelled, OutcomeUnknown
from registry.execution.repeating import is_version_safe_to_repeat
from registry.execution.wake import wake
from registry.models import Execution, ToolVersion
from registry.models.execution import Status, WaitsFor

MOST_AT_ONCE = 1000
MOST_LOST = 3
"""How many processes may end over a call before it is given up: it may be what ends them."""
ACTOR = "system:leases"


def end_abandoned(*, at: datetime | None = None) -> int:
    """Deal with every running execution whose lease ended before `at`; returns how many there were."""
    with platform():
        if at is None and not leases.could_be_extended(settings.EXECUTION_LEASE_SECONDS):
            return 0
        abandoned = list(Execution.objects.abandoned(at or Now()).select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        versions = ToolVersion.objects.in_bulk({each.tool_version_id for each in abandoned if each.tool_version_id})
        for execution in abandoned:
            _deal_with(execution, versions)
    return len(abandoned)


def _deal_with(execution: Execution, versions: dict[UUID, ToolVersion]) -> None:
    execution.lost_runs += 1
    execution.attempts += 1  # it may have been sent: nobody knows
    version = versions.get(execution.tool_version_id) if execution.tool_version_id else None
    if execution.cancel_requested_at is not None:
        error: QuartermasterError = Cancelled("It was cancelled, and the process that ran it ended meanwhile.")
        end_execution(execution, status=Status.CANCELLED, error=error, actor=ACTOR)
    elif version is None or not is_version_safe_to_repeat(version):
        _give_up(execution, "Calling it twice may do more than calling it once, so it was not taken up again.")
    elif execution.is_part:
        _give_up(execution, "It was part of another execution, which answers for it.")
    elif execution.sealed_input is None:
        _give_up(execution, "What it was called with is not there any more, so it was not taken up again.")
    elif execution.lost_runs >= MOST_LOST:
        _give_up(execution, f"{execution.lost_runs} processes that ran it have ended, so it was not taken up again.")
    else:
        _let_take_up(execution)


def _give_up(execution: Execution, reason: str) -> None:
    error = OutcomeUnknown(
        "The process that ran this call ended before it could record the outcome; the call may have had its effect. "
        f"{reason} Look at the service before calling again with a new Idempotency-Key."
    )
    end_execution(execution, status=Status.FAILED, error=error, actor=ACTOR)


def _let_take_up(execution: Execution) -> None:
    execution.status, execution.waits_for = Status.PENDING, WaitsFor.WORKER
    execution.due_at = execution.lease_until = None
    execution.save(update_fields=["status", "waits_for", "due_at", "lease_until", "attempts", "lost_runs"])
    wake(execution.tenant_id, execution.id)
