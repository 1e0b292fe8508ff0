"""How a key's state is shown."""

from datetime import timedelta

from django.utils import timezone

from accounts.chrome.cells import BAD, GOOD, MUTE, WARN, badge
from accounts.models import ApiKey

SOON = timedelta(days=7)


def key_state(key: ApiKey) -> str:
    now = timezone.now()
    if key.revoked_at is not None:
        return badge("Revoked", MUTE)
    if not key.is_usable(now):
        return badge("Expired", BAD)
    if key.expires_at is not None and key.expires_at - now < SOON:
        return badge("Expires soon", WARN)
    return badge("Usable", GOOD)
