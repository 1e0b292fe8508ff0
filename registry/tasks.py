"""What the schedule has this floor do."""

from uuid import UUID

from celery import shared_task

from accounts import bridge
from registry import abandoned, hands, probe, sweep
from registry.approvals import unanswered
from registry.artifacts import sweep as artifacts


@shared_task
def resume_executions(told: list[tuple[str, str]]) -> None:
    """Start executions that wait for a worker, by tenant and id; they run on beside this task."""
    for tenant_id, execution_id in told:
        bridge.start(hands.take(UUID(tenant_id), UUID(execution_id)))


@shared_task
def resume_due() -> None:
    """Start what waits for a worker and was not told, or not in time."""
    bridge.start(hands.take_due()).result()


@shared_task
def end_abandoned() -> None:
    """Take up again, or end, executions whose process is gone."""
    abandoned.end_abandoned()


@shared_task
def sweep_catalogue() -> None:
    """Turn tools stale, retire those that nobody heard of, and versions past their sunset."""
    sweep.sweep()


@shared_task
def expire_artifacts() -> None:
    """Remove artifacts that have expired."""
    artifacts.expire_artifacts()


@shared_task
def remove_orphans() -> None:
    """Remove files of artifacts that no row knows of."""
    artifacts.remove_orphans()


@shared_task
def probe_tools() -> None:
    """Ask the health endpoints whose turn has come."""
    probe.probe_due()


@shared_task
def expire_approvals() -> None:
    """End the calls that nobody decided about in time."""
    unanswered.expire_overdue()
