"""API keys: issued, rotated with an overlap, revoked. The key itself is returned once and kept nowhere."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.authenticate import KEY_PREFIX, digest_of
from accounts.errors import Conflict, Fault, Invalid
from accounts.models import Agent, ApiKey


@dataclass(frozen=True)
class IssuedKey:
    key: ApiKey
    secret: str
    """`qm_` and 32 random bytes in base64url. This is the only time it is seen."""

    def __repr__(self) -> str:
        return f"IssuedKey({self.key.prefix}…)"


def issue_key(
    *,
    agent: Agent,
    name: str,
    actor: str,
    expires_at: datetime | None = None,
    rotated_from: ApiKey | None = None,
) -> IssuedKey:
    """A new key for an agent. Raises Conflict when a living key of the agent has this name, Invalid on a past expiry."""
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("The key would be expired at once.", faults=[Fault("$.expires_at", "Give a time in the future.")])
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        tenant_id=agent.tenant_id,
        agent=agent,
        name=name,
        prefix=secret[:10],
        digest=digest_of(secret),
        expires_at=expires_at,
        rotated_from=rotated_from,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"The agent has a key named `{name}` already. Revoke or rotate it, or choose another name."
        ) from error
    record(
        tenant_id=agent.tenant_id,
        actor=actor,
        action="key.issued",
        subject=f"key:{key.id}",
        detail={"agent": str(agent.id)},
    )
    return IssuedKey(key, secret)


def rotate_key(*, key: ApiKey, overlap: timedelta, actor: str) -> IssuedKey:
    """A successor under the same name; the old key works on for `overlap` and is renamed. Raises Conflict if revoked."""
    now = timezone.now()
    locked = ApiKey.objects.select_for_update(of=("self",)).select_related("agent").get(id=key.id)
    if locked not in ApiKey.objects.filter(id=key.id).usable(now):
        raise Conflict("This key is expired or revoked already. Issue a new one.")
    name, ends = locked.name, now + overlap
    locked.name = f"{name[:70]} until {ends:%Y-%m-%d %H:%M:%S.%f}"
    locked.expires_at = min(ends, locked.expires_at or ends)
    if not overlap:
        locked.revoked_at = now
    locked.save(update_fields=["name", "expires_at", "revoked_at"])
    issued = issue_key(agent=locked.agent, name=name, actor=actor, rotated_from=locked)
    record(
        tenant_id=locked.tenant_id,
        actor=actor,
        action="key.rotated",
        subject=f"key:{locked.id}",
        detail={"successor": str(issued.key.id), "works_until": locked.expires_at.isoformat()},
    )
    return issued


def revoke_key(*, key: ApiKey, actor: str) -> ApiKey:
    """Close a key for good, from the next call on. Revoking a revoked key changes nothing."""
    locked = ApiKey.objects.select_for_update().get(id=key.id)
    if locked.revoked_at is None:
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at"])
        record(
            tenant_id=locked.tenant_id,
            actor=actor,
            action="key.revoked",
            subject=f"key:{locked.id}",
            detail={"agent": str(locked.agent_id)},
        )
    return locked
