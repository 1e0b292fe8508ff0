"""Making tenants, and telling every process that something of theirs has changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.audit import record
from accounts.caller import Actor, Caller
from accounts.changes import refuse_others
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Person, Tenant
from accounts.networks import lockout_faults, network_faults
from accounts.roles import Right

LIMITS = frozenset({"rate_limit", "concurrency", "quota", "artifact_quota_bytes"})
DECISIONS = frozenset({"default_decision", "destructive_decision"})
CHANGEABLE = LIMITS | DECISIONS | {"name", "approval_expires_seconds", "allowed_networks", "artifact_ttl_seconds"}
"""Not the slug: it is the tenant's name in the operator's settings."""


def create_tenant(*, slug: str, name: str, actor: str) -> Tenant:
    """A new tenant, in the platform's scope. Raises Conflict when the slug is taken, ValidationError when it is bad."""
    tenant = Tenant(slug=slug, name=name)
    tenant.clean_fields()
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is a tenant `{slug}` already. Choose another slug.") from error
    record(tenant_id=tenant.id, actor=actor, action="tenant.created", subject=f"tenant:{tenant.id}")
    return tenant


def change_tenant(*, tenant: Tenant, by: Actor, changes: Mapping[str, Any]) -> Tenant:
    """Set the fields that differ. Limits are the platform owner's to set, everything else the tenant's own, too.

    Raises Invalid on a field that cannot change, and on networks that would shut out whoever sets them;
    ValidationError on a bad value; Forbidden.
    """
    refuse_others(changes, CHANGEABLE)
    by.require(Right.PEOPLE)
    locked = Tenant.objects.select_for_update(of=("self",)).get(id=tenant.id)
    changed = [field for field, value in changes.items() if getattr(locked, field) != value]
    if not changed:
        return locked
    if LIMITS & set(changed) and not by.is_platform_owner:
        raise Forbidden("What all calls of a tenant may come to together is set by the platform's owner.")
    if "allowed_networks" in changed:
        _refuse_networks(locked, by, changes["allowed_networks"])
    for field in changed:
        setattr(locked, field, changes[field])
    locked.clean_fields()
    locked.save(update_fields=changed)
    record(
        tenant_id=locked.id,
        actor=by.actor,
        action="tenant.changed",
        subject=f"tenant:{locked.id}",
        detail={"fields": sorted(changed)},
    )
    bump_generation(locked.id)
    return locked


def _refuse_networks(tenant: Tenant, by: Actor, networks: Any) -> None:
    faults = list(network_faults("$.allowed_networks", networks))
    if not faults and isinstance(by, Caller) and _comes_through(tenant, by):
        faults = list(lockout_faults("$.allowed_networks", by, networks))
    if faults:
        raise Invalid("The tenant cannot let in these networks only. See `errors`.", faults=faults)


def _comes_through(tenant: Tenant, by: Caller) -> bool:
    """Whether this tenant's list lets them in: the platform's owner comes through a tenant of their own."""
    return by.person_id is None or Person.objects.filter(id=by.person_id, tenant_id=tenant.id).exists()


def bump_generation(tenant_id: UUID | None) -> None:
    """Make every process forget what it cached for this tenant (None: for all of them).

    Call it last in the transaction of the change: it locks the tenant's row until the commit.
    """
    tenants = Tenant.objects.all() if tenant_id is None else Tenant.objects.filter(id=tenant_id)
    tenants.update(generation=F("generation") + 1)
