"""What the schedule has this floor do."""

from celery import shared_task

from registry import abandoned, probe, sweep
from registry.approvals import unanswered


@shared_task
def end_abandoned() -> None:
    """End executions whose process is gone."""
    abandoned.end_abandoned()


@shared_task
def sweep_catalogue() -> None:
    """Turn tools stale, retire those that nobody heard of, and versions past their sunset."""
    sweep.sweep()


@shared_task
def probe_tools() -> None:
    """Ask the health endpoints whose turn has come."""
    probe.probe_due()


@shared_task
def expire_approvals() -> None:
    """End the calls that nobody decided about in time."""
    unanswered.expire_overdue()
