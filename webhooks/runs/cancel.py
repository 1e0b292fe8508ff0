"""Calling a run off. The call that it waits for, or that is being made, is called off with it."""

from django.db.models import F
from django.db.models.functions import Now

from accounts import audit
from accounts.caller import Caller
from accounts.roles import Right
from registry.cancel import cancel_execution
from registry.models.execution import UNFINISHED
from webhooks.errors import RunEnded
from webhooks.models import WebhookRun
from webhooks.models.queued import UNENDED, QueueStatus
from webhooks.queue.order import let_next_come
from webhooks.runs.call import execution_of


def cancel_run(*, run: WebhookRun, by: Caller) -> WebhookRun:
    """As it stands then. Raises Forbidden; RunEnded, when it has an outcome already."""
    by.require(Right.CALL)
    unended = WebhookRun.objects.filter(id=run.id, status__in=UNENDED)
    # One more taking: whoever has it now is fenced off.
    if not unended.update(status=QueueStatus.CANCELLED, taken=F("taken") + 1, finished_at=Now(), lease_until=None):
        raise RunEnded(f"This run has ended already: it is `{_status(run)}`. There is nothing to cancel.")
    let_next_come(run.id)
    execution = execution_of(run)
    if execution is not None and execution.status in UNFINISHED:
        cancel_execution(execution=execution, by=by)
    audit.record(
        tenant_id=run.tenant_id,
        actor=by.actor,
        action="webhook_run.cancelled",
        subject=f"webhook_run:{run.id}",
        detail={"route": str(run.route_id), "event": str(run.event_id)},
    )
    run.refresh_from_db()
    return run


def _status(run: WebhookRun) -> str:
    return WebhookRun.objects.values_list("status", flat=True).get(id=run.id)
