"""A source's secrets: added, retired after an overlap, and kept when a platform delivers one in a handshake."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor, System
from accounts.errors import Conflict, Fault, Invalid, NotFound
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.vault import open_sealed, seal
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.sealed_places import PURPOSE
from webhooks.signatures.keys import scheme_secret_fault
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.types import MOST_SECRETS, Scheme
from webhooks.sources.find import lock_source

LONGEST_SECRET = 10_000
"""Characters. A public key or a certificate is among the longest."""
LONGEST_OVERLAP_HOURS = 720
HANDSHAKE = System("webhooks")


def add_secret(*, source: WebhookSource, by: Actor, secret: str) -> WebhookSecret:
    """Another one that may sign, from the next request on. Those that there are go on, until they are retired.

    Raises Forbidden, NotFound, Invalid, Conflict when the source is unsigned or has as many as there may be.
    """
    by.require(Right.CREDENTIALS)
    source = lock_source(source.id)
    if source.unsigned:
        raise Conflict("The source is declared unsigned. Take that back before you give it a secret.")
    if active_secrets(source).count() >= MOST_SECRETS:
        raise Conflict(f"The source has {MOST_SECRETS} secrets. Retire one first.")
    scheme = scheme_named(source.scheme)
    made = keep_secret(source, scheme, secret)
    _record(source, by, "webhook_secret.added", made)
    return made


def retire_secret(*, source: WebhookSource, by: Actor, secret_id: UUID, after_hours: int = 0) -> None:
    """It signs for so long yet; 0 takes it away at once. Raises Forbidden, NotFound, Invalid."""
    by.require(Right.CREDENTIALS)
    if not 0 <= after_hours <= LONGEST_OVERLAP_HOURS:
        fault = Fault("$.after_hours", f"Give 0 to {LONGEST_OVERLAP_HOURS} hours.")
        raise Invalid("A secret cannot be retired so late.", faults=[fault])
    source = lock_source(source.id)
    secret = find_secret(source, secret_id)
    if after_hours:
        secret.valid_until = timezone.now() + timedelta(hours=after_hours)
        secret.save(update_fields=["valid_until"])
    _record(source, by, "webhook_secret.retired", secret)
    if not after_hours:
        secret.delete()


def reveal_secret(*, source: WebhookSource, by: Actor, secret_id: UUID) -> str:
    """What a handshake delivered, so that an admin can enter it at the provider. Any other one is never shown again.

    Raises Forbidden, NotFound, Conflict.
    """
    by.require(Right.CREDENTIALS)
    secret = find_secret(source, secret_id)
    scheme = scheme_named(source.scheme)
    is_to_be_entered = scheme is not None and any(challenge.show for challenge in scheme.challenges)
    if not (secret.delivered and is_to_be_entered):
        raise Conflict("A secret is not shown again. If it is lost, make a new one at the provider, and enter it here.")
    _record(source, by, "webhook_secret.revealed", secret)
    return open_sealed(
        tenant_id=source.tenant_id, purpose=PURPOSE, field=f"{secret.id}:secret", sealed=secret.sealed
    ).decode()


def keep_delivered(*, tenant_id: UUID, source_id: UUID, secret: str) -> bool:
    """The secret that came with a handshake becomes the source's, if it has none yet; whether it did."""
    with within(tenant_id):
        source = lock_source(source_id)
        if source.unsigned or active_secrets(source).exists():
            return False
        try:
            made = keep_secret(source, scheme_named(source.scheme), secret, delivered=True)
        except Invalid:  # it is no handshake, whatever it looks like
            return False
        _record(source, HANDSHAKE, "webhook_secret.added", made)
        return True


def keep_secret(source: WebhookSource, scheme: Scheme | None, secret: str, *, delivered: bool = False) -> WebhookSecret:
    """Raises Invalid for what cannot be one of the scheme's."""
    if scheme is None or scheme.secret is None:
        raise Invalid(
            "The source's scheme has no secret.",
            faults=[Fault("$.secret", "Leave it out: what comes is checked without one.")],
        )
    if not secret or len(secret) > LONGEST_SECRET or "\x00" in secret:
        raise Invalid(
            "This cannot be a secret.",
            faults=[Fault("$.secret", f"Give what the provider shows: 1 to {LONGEST_SECRET:,} characters.")],
        )
    if wrong := scheme_secret_fault(scheme, secret):
        raise Invalid("This cannot be a secret of the source's scheme.", faults=[Fault("$.secret", wrong)])
    made = WebhookSecret(tenant_id=source.tenant_id, source=source, delivered=delivered)
    made.sealed = seal(
        tenant_id=source.tenant_id, purpose=PURPOSE, field=f"{made.id}:secret", plaintext=secret.encode()
    )
    made.save(force_insert=True)
    return made


def find_secret(source: WebhookSource, secret_id: UUID) -> WebhookSecret:
    """Raises NotFound."""
    secret = WebhookSecret.objects.filter(source=source, id=secret_id).first()
    if secret is None:
        raise NotFound("The source has no such secret. Its `secrets` are those that there are.")
    return secret


def active_secrets(source: WebhookSource) -> QuerySet[WebhookSecret]:
    return WebhookSecret.objects.filter(Q(valid_until=None) | Q(valid_until__gt=timezone.now()), source=source)


def _record(source: WebhookSource, by: Actor, action: str, secret: WebhookSecret) -> None:
    record(
        tenant_id=source.tenant_id,
        actor=by.actor,
        action=action,
        subject=f"webhook_source:{source.id}",
        detail={"secret": str(secret.id)},
    )
    bump_generation(source.tenant_id)
