"""Rotating data keys by their age: a nonce is random, so a key must not seal too often (NIST SP 800-38D, 8.3)."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from accounts.caller import System
from accounts.errors import QuartermasterError
from accounts.tenancy import platform, within
from integrations.models import DataKey, Rekeying
from integrations.vault.rotate import rotate_data_key

BY = System("rekey")
MOST_AT_ONCE = 20
"""Tenants of one run: those that came on the same day shall not be rotated in the same minute."""

log = logging.getLogger(__name__)


def rotate_aged(*, at: datetime | None = None) -> int:
    """Begin a rotation for tenants whose newest data key is older than VAULT_DEK_MAX_AGE_DAYS; returns how many."""
    if not settings.VAULT_DEK_MAX_AGE_DAYS:
        return 0
    oldest = (at or timezone.now()) - timedelta(days=settings.VAULT_DEK_MAX_AGE_DAYS)
    return sum(_rotate(tenant_id) for tenant_id in _made_before(oldest))


def _made_before(oldest: datetime) -> list[UUID]:
    with platform():
        rotating = Rekeying.objects.unfinished().values("tenant")
        keys = DataKey.objects.alive().exclude(tenant__in=rotating).order_by().values("tenant")
        aged = keys.annotate(newest=Max("created_at")).filter(newest__lt=oldest).order_by("newest")
        return [row["tenant"] for row in aged[:MOST_AT_ONCE]]


def _rotate(tenant_id: UUID) -> bool:
    """False when somebody else has begun, or the vault's key is away: the next run looks again."""
    try:
        with within(tenant_id):
            rotate_data_key(tenant_id=tenant_id, by=BY)
    except QuartermasterError as error:
        log.warning("Tenant %s was not rotated: %s", tenant_id, error, extra={"action": "rekey_failed"})
        return False
    return True
