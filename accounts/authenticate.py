"""From an Authorization header, or a signed-in person, to a Caller: used by every door."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Forbidden, KeyExpired, KeyRevoked, QuartermasterError, Unauthenticated
from accounts.limits import Limits, limits_of
from accounts.models import ApiKey, Person, Tenant
from accounts.models.limits import SHAPES
from accounts.networks import is_within
from accounts.prepared import prepared
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
    (found,) = authenticate_all([(authorization, address)])
    if isinstance(found, QuartermasterError):
        raise found
    return found


def authenticate_all(shown: Sequence[tuple[str, str]]) -> list[Caller | QuartermasterError]:
    """The same of many, headers with their addresses, by one query: whom each shows, or why it shows nobody."""
    keys = [_key_in(authorization) for authorization, _ in shown]
    rows = _key_rows({digest_of(key) for key in keys if key is not None})
    now = timezone.now()
    found = [_found(key, rows, address, now) for key, (_, address) in zip(keys, shown, strict=True)]
    used = {each.key_id for each in found if isinstance(each, Caller)}
    for row in rows.values():
        if row["key_id"] in used and (row["last_used_at"] is None or now - row["last_used_at"] > LAST_USED_PRECISION):
            _note_use(row, now)
    return found


def _key_in(authorization: str) -> str | None:
    match = _BEARER.fullmatch(authorization.strip())
    return match[1] if match else None


def _found(
    key: str | None, rows: Mapping[bytes, dict[str, Any]], address: str, now: datetime
) -> Caller | QuartermasterError:
    try:
        return _caller(key, rows, address, now)
    except QuartermasterError as error:
        return error


def _caller(key: str | None, rows: Mapping[bytes, dict[str, Any]], address: str, now: datetime) -> Caller:
    if key is None:
        raise Unauthenticated
    row = rows.get(digest_of(key))
    if row is None:
        raise Unauthenticated(
            "This API key opens nothing. Check that it was copied whole, or ask an admin for a new one."
        )
    _refuse_unusable(row, now)
    _refuse_elsewhere(row, address)
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


# Each column by its name: a prepared statement outlives a migration that gives the function another one.
_ROWS = """
    SELECT shown.digest, key_id, expires_at, revoked_at, last_used_at, key_networks,
        agent_id, agent_slug, agent_role, agent_provider, agent_enabled,
        agent_rate_limit, agent_concurrency, agent_quota,
        tenant_id, tenant_slug, tenant_generation, tenant_networks,
        tenant_rate_limit, tenant_concurrency, tenant_quota
    FROM unnest(%s::bytea[]) AS shown (digest) CROSS JOIN LATERAL accounts_authenticate(shown.digest) AS found
"""


def _key_rows(digests: Set[bytes]) -> dict[bytes, dict[str, Any]]:
    """What is known of each key that there is, by its digest."""
    if not digests:
        return {}
    with prepared() as cursor:
        cursor.execute(_ROWS, [list(digests)])
        names = [column.name for column in cursor.description]
        rows = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
        return {bytes(row["digest"]): row for row in rows}


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
    """Unless somebody is changing the key at this moment: nobody waits for a note."""
    with within(row["tenant_id"]):
        free = ApiKey.objects.select_for_update(skip_locked=True).filter(id=row["key_id"])
        ApiKey.objects.filter(id__in=free.values("id")).update(last_used_at=now)
