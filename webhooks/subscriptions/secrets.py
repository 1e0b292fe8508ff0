"""A subscription's secret, as Standard Webhooks has it: `whsec_` and base64 of 32 random bytes, sealed in its row."""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from integrations.vault import Opener, seal
from webhooks.models import WebhookSubscription
from webhooks.sealed_places import PURPOSE

PREFIX = "whsec_"
SECRET_BYTES = 32


@dataclass(frozen=True)
class IssuedSecret:
    """A subscription whose new secret is seen this once."""

    subscription: WebhookSubscription
    secret: str = field(repr=False)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal_current(subscription: WebhookSubscription, secret: str) -> bytes:
    return _seal(subscription, "secret", secret)


def seal_previous(subscription: WebhookSubscription, secret: str) -> bytes:
    return _seal(subscription, "previous", secret)


def active_secrets(subscription: WebhookSubscription, at: datetime) -> list[str]:
    """Those that sign at this time, the newest first. Raises SealBroken, VaultLocked."""
    opener = Opener(subscription.tenant_id)
    found = [_open(opener, subscription, "secret", subscription.sealed_secret)]
    if subscription.sealed_previous and subscription.previous_until and subscription.previous_until > at:
        found.append(_open(opener, subscription, "previous", subscription.sealed_previous))
    return found


def _seal(subscription: WebhookSubscription, place: str, secret: str) -> bytes:
    return seal(
        tenant_id=subscription.tenant_id,
        purpose=PURPOSE,
        field=f"{subscription.id}:{place}",
        plaintext=secret.encode(),
    )


def _open(opener: Opener, subscription: WebhookSubscription, place: str, sealed: bytes | memoryview) -> str:
    return opener.open(purpose=PURPOSE, field=f"{subscription.id}:{place}", sealed=sealed).decode()
