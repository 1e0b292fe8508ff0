"""What the schedule has this floor do."""

from celery import shared_task

from registry import abandoned


@shared_task
def end_abandoned() -> None:
    """End executions whose process is gone."""
    abandoned.end_abandoned()
