"""The secret part of a source's address."""

import hashlib

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from accounts.tenants import bump_generation
from integrations.vault import seal
from webhooks.models import WebhookSource
from webhooks.sealed_places import PURPOSE
from webhooks.sources.address import new_token
from webhooks.sources.find import lock_source


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def set_token(source: WebhookSource) -> None:
    """A new one; nothing is saved."""
    token = new_token()
    source.token_digest = digest_of(token)
    source.sealed_token = seal(
        tenant_id=source.tenant_id, purpose=PURPOSE, field=f"{source.id}:token", plaintext=token.encode()
    )


def rotate_token(*, source: WebhookSource, by: Actor) -> WebhookSource:
    """A new address. What is posted to the old one from now on leaves nothing: tell the platform at once.

    Raises Forbidden, NotFound.
    """
    by.require(Right.CREDENTIALS)
    source = lock_source(source.id)
    set_token(source)
    source.save(update_fields=["token_digest", "sealed_token", "updated_at"])
    record(
        tenant_id=source.tenant_id,
        actor=by.actor,
        action="webhook_source.readdressed",
        subject=f"webhook_source:{source.id}",
    )
    bump_generation(source.tenant_id)
    return source
