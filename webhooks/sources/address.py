"""A source's address: what its platform is told to post to."""

import secrets

from django.conf import settings

from integrations.vault import Opener
from webhooks.models import WebhookSource
from webhooks.sealed_places import PURPOSE

ROOT = "/hooks/"
TOKEN_BYTES = 32


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def path_of(token: str) -> str:
    return f"{ROOT}{token}/"


def token_of(source: WebhookSource, opener: Opener | None = None) -> str:
    """Inside the tenant's scope. Whoever has it can post to the source."""
    opener = opener or Opener(source.tenant_id)
    return opener.open(purpose=PURPOSE, field=f"{source.id}:token", sealed=source.sealed_token).decode()


def public_url(source: WebhookSource, opener: Opener | None = None) -> str:
    """As the platform knows it: `public_url`, else under PUBLIC_URL; empty where neither is set."""
    if source.public_url:
        return source.public_url
    return f"{settings.PUBLIC_URL}{path_of(token_of(source, opener))}" if settings.PUBLIC_URL else ""
