"""How long samples are kept."""

from datetime import timedelta

from django.utils import timezone

from accounts.tenancy import platform
from memory.models import RecallSample

KEPT = timedelta(days=30)


def remove_old() -> int:
    """Remove samples that were kept long enough; how many."""
    with platform():
        removed, _ = RecallSample.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return removed
