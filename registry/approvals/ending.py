"""How an execution ends that waited for a person and never ran: nothing was sent, and its raw input is destroyed."""

from django.utils import timezone

from accounts import audit
from accounts.api.problems import problem
from accounts.errors import QuartermasterError
from registry.models import Execution
from registry.models.execution import Status


def end_unsent(execution: Execution, *, actor: str, error: QuartermasterError, keeps_key: bool) -> None:
    """Refuse a locked, pending execution. `keeps_key`: its Idempotency-Key replays this ending."""
    changes: dict[str, object] = {
        "status": Status.REFUSED,
        "waits_for": "",
        "due_at": None,
        "error": problem(error),
        "sealed_input": None,
        "finished_at": timezone.now(),
    }
    if not keeps_key:
        changes |= {"idempotency_key": None, "request_digest": None}
    Execution.objects.filter(id=execution.id).update(**changes)
    audit.record(
        tenant_id=execution.tenant_id,
        actor=actor,
        action="execution.refused",
        subject=f"execution:{execution.id}",
        detail={"tool": str(execution.tool_id), "version": execution.version, "code": error.code},
    )
