"""What the schedule has this floor do."""

from celery import shared_task

from integrations.vault import aging
from integrations.vault.rekey import tend_rekeyings


@shared_task
def rekey() -> None:
    """Go on with the tenants whose data keys are being rotated."""
    tend_rekeyings()


@shared_task
def rotate_aged() -> None:
    """Give tenants a new data key whose newest one is a year old."""
    aging.rotate_aged()
