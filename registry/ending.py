"""Ending an execution that no process runs: refused, cancelled or given up, with its audit entry.

The corridor's own calls end in `registry/execution/record.py`; this is for those that wait, or whose process is gone.
"""

from functools import partial

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.api.problems import problem
from accounts.errors import QuartermasterError
from registry.limits.give_back import give_back_quota
from registry.metrics import count_ending
from registry.models import Execution, ToolVersion
from registry.models.execution import Status


def end_execution(
    execution: Execution, *, status: Status, error: QuartermasterError, actor: str, keeps_key: bool = False
) -> None:
    """Call it in the transaction that holds the row locked. What was sealed for the call is destroyed.

    What it took of quotas is given back when it is refused.

    `keeps_key`: although nothing was sent, its Idempotency-Key replays this ending.
    """
    execution.status, execution.error = status, problem(error)
    execution.finished_at = timezone.now()
    execution.waits_for, execution.due_at, execution.lease_until = "", None, None
    execution.sealed_input = None
    if status is not Status.FAILED and not execution.attempts and not keeps_key:
        # Nothing was sent under the key, so the same request may come again and be run.
        execution.idempotency_key = execution.request_digest = None
    execution.save(update_fields=[*_CHANGED])
    if status is Status.REFUSED:
        give_back_quota(execution)
    audit.record(
        tenant_id=execution.tenant_id,
        actor=actor,
        action=f"execution.{status}",
        subject=f"execution:{execution.id}",
        detail={"tool": str(execution.tool_id), "version": execution.version, "code": error.code},
    )
    transaction.on_commit(partial(count_ending, status, error, _transport_of(execution), execution.attempts))


def _transport_of(execution: Execution) -> str:
    """Empty where the call never found its tool."""
    if execution.tool_version_id is None:
        return ""
    return ToolVersion.objects.values_list("transport", flat=True).get(id=execution.tool_version_id)


_CHANGED = (
    *("status", "error", "finished_at", "waits_for", "due_at", "lease_until", "sealed_input"),
    *("idempotency_key", "request_digest", "attempts", "lost_runs"),
)
