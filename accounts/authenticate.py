"""From an Authorization header, or a signed-in person, to a Caller: used by every door."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Forbidden, KeyExpired, KeyRevoked, Unauthenticated
from accounts.limits import Limits, limits_of
from accounts.models import ApiKey, Person, Tenant
from accounts.models.limits import SHAPES
from accounts.networks import is_within
from accounts.refusing import refuse_from
from accounts.roles import Role
from accounts.tenancy import within

KEY_PREFIX = "qm_"
_BEARER = re.compile(r"(?i:Bearer) +(qm_[A-Za-z0-9_-]{43,100})")

# `last used` is for people: a write per call would be the hot path's dearest line.
LAST_USED_PRECISION = timedelta(minutes=1)


def digest_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def authenticate(authorization: str, address: str = "") -> Caller:
    """Who shows this `Authorization` header (`Bearer qm_…`, RFC 6750), coming from this address.

    One query, and a second at most once a minute per key to note its use.
    Raises Unauthenticated, KeyExpired, KeyRevoked, or Forbidden for an address that is not allowed.
    """
    match = _BEARER.fullmatch(authorization.strip())
    if match is None:
        raise Unauthenticated
    row = _key_row(digest_of(match[1]))
    if row is None:
        raise Unauthenticated(
            "This API key opens nothing. Check that it was copied whole, or ask an admin for a new one."
        )
    now = timezone.now()
    _refuse_unusable(row, now)
    _refuse_elsewhere(row, address)
    if row["last_used_at"] is None or now - row["last_used_at"] > LAST_USED_PRECISION:
        _note_use(row, now)
    return Caller(
        tenant_id=row["tenant_id"],
        tenant_slug=row["tenant_slug"],
        generation=row["tenant_generation"],
        role=Role(row["agent_role"]),
        agent_id=row["agent_id"],
        agent_slug=row["agent_slug"],
        key_id=row["key_id"],
        provider=row["agent_provider"],
        agent_limits=_limits(row, "agent"),
        tenant_limits=_limits(row, "tenant"),
        address=address,
    )


def caller_of(person: Person, tenant: Tenant | None = None, address: str = "") -> Caller:
    """A signed-in person, in their own tenant. The platform's owner may look at any `tenant`, with all rights.

    Raises Forbidden when the tenant is not theirs.
    """
    tenant = tenant or person.tenant
    if tenant.id != person.tenant_id and not person.is_platform_owner:
        raise Forbidden("This is another tenant's. Only the platform's owner may look at it.")
    return Caller(
        tenant_id=tenant.id,
        tenant_slug=tenant.slug,
        generation=tenant.generation,
        role=Role.OWNER if person.is_platform_owner else Role(person.role),
        person_id=person.id,
        tenant_limits=limits_of(tenant.rate_limit, tenant.concurrency, tenant.quota),
        address=address,
        is_platform_owner=person.is_platform_owner,
    )


def _key_row(digest: bytes) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_authenticate(%s)", [digest])
        row = cursor.fetchone()
        return dict(zip((column.name for column in cursor.description), row, strict=True)) if row else None


def _limits(row: dict[str, Any], whose: str) -> Limits | None:
    return limits_of(*(_json(row[f"{whose}_{kind}"]) for kind in SHAPES))


def _json(value: Any) -> Any:
    """Django's connections hand JSONB over as text."""
    return json.loads(value) if isinstance(value, str) else value


def _refuse_unusable(row: dict[str, Any], now: datetime) -> None:
    if row["revoked_at"] is not None:
        raise KeyRevoked
    if row["expires_at"] is not None and row["expires_at"] <= now:
        raise KeyExpired
    if not row["agent_enabled"]:
        raise Unauthenticated("This key's agent is disabled. An admin of your tenant can enable it.")


def _refuse_elsewhere(row: dict[str, Any], address: str) -> None:
    """The function gives null for an empty list."""
    for list_, whose in (("tenant_networks", "your tenant"), ("key_networks", "this key")):
        if row[list_] is not None and not is_within(address, _json(row[list_])):
            raise refuse_from(
                address,
                tenant_id=row["tenant_id"],
                actor=f"agent:{row['agent_id']}",
                subject=f"key:{row['key_id']}",
                whose=whose,
            )


def refuse_elsewhere(person: Person, address: str) -> None:
    """Raise Forbidden unless the person's tenant lets its people in from there."""
    if not is_within(address, person.tenant.allowed_networks):
        subject = f"person:{person.id}"
        raise refuse_from(address, tenant_id=person.tenant_id, actor=subject, subject=subject, whose="your tenant")


def _note_use(row: dict[str, Any], now: datetime) -> None:
    with within(row["tenant_id"]):
        ApiKey.objects.filter(id=row["key_id"]).update(last_used_at=now)
