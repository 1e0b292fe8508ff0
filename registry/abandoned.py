"""Executions whose process is gone: their lease has ended, so they are ended, too. None stays running for ever."""

from datetime import datetime

from django.utils import timezone

from accounts import audit
from accounts.api.problems import problem
from accounts.models import AuditEntry
from accounts.tenancy import platform
from registry.errors import OutcomeUnknown
from registry.models import Execution
from registry.models.execution import Status

MOST_AT_ONCE = 1000
ACTOR = "system:leases"


def end_abandoned(*, at: datetime | None = None) -> int:
    """Fail every running execution whose lease ended before `at` with `outcome_unknown`; returns how many."""
    now = at or timezone.now()
    with platform():
        abandoned = list(Execution.objects.abandoned(now).select_for_update(skip_locked=True)[:MOST_AT_ONCE])
        Execution.objects.filter(id__in=[each.id for each in abandoned]).update(
            status=Status.FAILED, error=_what_is_known(), finished_at=now, sealed_input=None, lease_until=None
        )
        AuditEntry.objects.bulk_create(map(_entry, abandoned))
    return len(abandoned)


def _what_is_known() -> dict[str, object]:
    return problem(
        OutcomeUnknown(
            "The process that ran this call ended before it could record the outcome; the call may have had its "
            "effect. Look at the service before calling again with a new Idempotency-Key."
        )
    )


def _entry(execution: Execution) -> AuditEntry:
    return audit.entry(
        tenant_id=execution.tenant_id,
        actor=ACTOR,
        action="execution.failed",
        subject=f"execution:{execution.id}",
        detail={"tool": str(execution.tool_id), "version": execution.version, "code": OutcomeUnknown.code},
    )
