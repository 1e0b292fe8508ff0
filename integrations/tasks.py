"""What the schedule has this floor do."""

from celery import shared_task

from integrations.vault.rekey import tend_rekeyings


@shared_task
def rekey() -> None:
    """Go on with the tenants whose data keys are being rotated."""
    tend_rekeyings()
