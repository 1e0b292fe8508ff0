"""What the schedule has this floor do."""

from celery import shared_task

from accounts import bridge
from integrations.connections import foretell, sweep, upkeep
from integrations.importing.run import run_due
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


@shared_task
def refresh_tokens() -> None:
    """Refresh tokens that nobody called with for long."""
    bridge.start(upkeep.refresh_due()).result()


@shared_task
def sweep_connections() -> None:
    """Destroy previous credentials whose time is over, and what nobody finished; foretell which will end soon."""
    sweep.sweep_connections()
    foretell.foretell_ends()


@shared_task
def run_imports() -> None:
    """Carry out the imports that wait."""
    run_due()
