"""API keys: issued, rotated with an overlap, revoked. The key itself is returned once and kept nowhere."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.authenticate import KEY_PREFIX, digest_of
from accounts.caller import Actor, Caller
from accounts.changes import refuse_others
from accounts.errors import Conflict, Fault, Invalid
from accounts.models import Agent, ApiKey
from accounts.networks import lockout_faults, network_faults
from accounts.roles import Role

LONGEST_LIFE = timedelta(days=3653)
CHANGEABLE = frozenset({"allowed_networks"})


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
    by: Actor,
    expires_at: datetime | None = None,
    allowed_networks: Sequence[str] = (),
    rotated_from: ApiKey | None = None,
) -> IssuedKey:
    """A new key for an agent: whoever gets it has the agent's role.

    Raises Forbidden when that role is above one's own, Conflict when a living key of the agent has this name, Invalid
    on an expiry that is past or too far away and on what are no networks, ValidationError on a bad name.
    """
    by.require_reach(Role(agent.role))
    if expires_at is not None:
        _refuse_expiry(expires_at)
    _refuse_networks(list(network_faults("$.allowed_networks", list(allowed_networks))))
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        tenant_id=agent.tenant_id,
        agent=agent,
        name=name,
        prefix=secret[:10],
        digest=digest_of(secret),
        expires_at=expires_at,
        allowed_networks=list(allowed_networks),
        rotated_from=rotated_from,
    )
    key.clean_fields()
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"The agent has a key named `{name}` already. Revoke or rotate it, or choose another name."
        ) from error
    record(
        tenant_id=agent.tenant_id,
        actor=by.actor,
        action="key.issued",
        subject=f"key:{key.id}",
        detail={"agent": str(agent.id)},
    )
    return IssuedKey(key, secret)


def _refuse_expiry(expires_at: datetime) -> None:
    now = timezone.now()
    if expires_at <= now:
        fault = Fault("$.expires_at", "Give a time in the future.")
        raise Invalid("The key would be expired at once.", faults=[fault])
    if expires_at > now + LONGEST_LIFE:
        fault = Fault("$.expires_at", f"Give a time in the next {LONGEST_LIFE.days} days, or none at all.")
        raise Invalid("The key would live too long.", faults=[fault])


def rotate_key(*, key: ApiKey, overlap: timedelta, by: Actor) -> IssuedKey:
    """A successor under the same name, made for as long a life; the old key is renamed and works on for `overlap`.

    Raises Conflict when the key works no more, Forbidden when the agent's role is above one's own.
    """
    now = timezone.now()
    locked = ApiKey.objects.select_for_update(of=("self",)).select_related("agent").get(id=key.id)
    if not locked.is_usable(now):
        raise Conflict("This key is expired or revoked already. Issue a new one.")
    name = locked.name
    expires_at = now + (locked.expires_at - locked.created_at) if locked.expires_at else None
    _retire(locked, now, overlap)
    issued = issue_key(
        agent=locked.agent,
        name=name,
        by=by,
        expires_at=expires_at,
        allowed_networks=locked.allowed_networks,
        rotated_from=locked,
    )
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="key.rotated",
        subject=f"key:{locked.id}",
        detail={"successor": str(issued.key.id), "overlap_seconds": overlap.total_seconds()},
    )
    return issued


def _retire(key: ApiKey, now: datetime, overlap: timedelta) -> None:
    ends = min(now + overlap, key.expires_at or now + overlap)
    key.name = f"{key.name[:60]} until {ends:%Y-%m-%d %H:%M} ({key.prefix})"
    key.expires_at = ends
    if not overlap:
        key.revoked_at = now
    key.save(update_fields=["name", "expires_at", "revoked_at"])


def change_key(*, key: ApiKey, by: Actor, changes: Mapping[str, Any]) -> ApiKey:
    """Set where a key may be used, from the next call on.

    Raises Invalid on what cannot be changed, on what are no networks, and when the key that is used now would no
    longer be good from here; Forbidden when the agent's role is above one's own.
    """
    refuse_others(changes, CHANGEABLE)
    locked = ApiKey.objects.select_for_update(of=("self",)).select_related("agent").get(id=key.id)
    by.require_reach(Role(locked.agent.role))
    networks = changes.get("allowed_networks", locked.allowed_networks)
    if networks == locked.allowed_networks:
        return locked
    faults = list(network_faults("$.allowed_networks", networks))
    if not faults and isinstance(by, Caller) and by.key_id == locked.id:
        faults = list(lockout_faults("$.allowed_networks", by, networks))
    _refuse_networks(faults)
    locked.allowed_networks = networks
    locked.save(update_fields=["allowed_networks"])
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="key.changed",
        subject=f"key:{locked.id}",
        detail={"agent": str(locked.agent_id), "fields": ["allowed_networks"]},
    )
    return locked


def _refuse_networks(faults: list[Fault]) -> None:
    if faults:
        raise Invalid("The key cannot be good in these networks only. See `errors`.", faults=faults)


def revoke_key(*, key: ApiKey, by: Actor) -> ApiKey:
    """Close a key for good, from the next call on. Revoking a revoked key changes nothing.

    Anybody who manages keys may: a leaked key is not to wait for somebody of its agent's role.
    """
    locked = ApiKey.objects.select_for_update(of=("self",)).get(id=key.id)
    if locked.revoked_at is None:
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at"])
        record(
            tenant_id=locked.tenant_id,
            actor=by.actor,
            action="key.revoked",
            subject=f"key:{locked.id}",
            detail={"agent": str(locked.agent_id)},
        )
    return locked
