"""Redriving runs: their keys are free again, and their agents are told.

The tool's service sees the same key as before, so one that honours it does nothing twice.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.caller import Caller
from registry.release_keys import release_keys
from webhooks.models import WebhookRun
from webhooks.models.route import Target
from webhooks.queue.kinds import RUNS
from webhooks.queue.redrive import Redriven, redrive
from webhooks.wake import wake_agent


def redrive_runs(
    rows: QuerySet[WebhookRun],
    *,
    tenant_id: UUID,
    by: Caller,
    asked: Mapping[str, Any],
    idempotency_key: str | None = None,
    dry_run: bool = False,
) -> Redriven:
    """As `redrive`."""
    redriven = redrive(
        RUNS, rows, tenant_id=tenant_id, by=by, asked=asked, idempotency_key=idempotency_key, dry_run=dry_run
    )
    runs = WebhookRun.objects.filter(id__in=redriven.ids)
    release_keys([run.execution_id for run in runs.only("execution_id") if run.execution_id is not None])
    for agent_id in runs.filter(target=Target.AGENT).order_by().values_list("agent_id", flat=True).distinct():
        wake_agent(agent_id)
    return redriven
