"""Agents: made, changed, disabled. Nobody gives an agent, or touches one of, a role above their own."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict
from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenants import bump_generation

CHANGEABLE = frozenset({"name", "description", "role", "provider", "rate_limit", "concurrency", "quota", "enabled"})
"""Not the slug: it is the agent's name in other people's rules."""


def create_agent(
    *,
    tenant: Tenant,
    slug: str,
    by: Actor,
    name: str = "",
    description: str = "",
    role: Role = Role.OPERATOR,
    provider: str = "",
    rate_limit: dict[str, Any] | None = None,
    concurrency: dict[str, Any] | None = None,
    quota: dict[str, Any] | None = None,
) -> Agent:
    """A new agent without a key.

    Raises Conflict when the tenant has one of this slug, ValidationError on a bad field, Forbidden on too high a role.
    """
    agent = Agent(
        tenant=tenant,
        slug=slug,
        name=name,
        description=description,
        role=role,
        provider=provider,
        rate_limit=rate_limit,
        concurrency=concurrency,
        quota=quota,
    )
    agent.clean_fields()
    by.require_reach(Role(agent.role))
    try:
        with transaction.atomic():
            agent.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is an agent `{slug}` already. Choose another slug.") from error
    record(
        tenant_id=tenant.id,
        actor=by.actor,
        action="agent.created",
        subject=f"agent:{agent.id}",
        detail={"role": agent.role},
    )
    return agent


def change_agent(*, agent: Agent, by: Actor, changes: dict[str, Any]) -> Agent:
    """Set the fields that differ; what is cached about the agent is forgotten by every process.

    Raises Invalid on a field that cannot change, ValidationError on a bad value, Forbidden on too high a role.
    """
    refuse_others(changes, CHANGEABLE)
    locked = Agent.objects.select_for_update(of=("self",)).get(id=agent.id)
    by.require_reach(Role(locked.role))
    changed = [field for field, value in changes.items() if getattr(locked, field) != value]
    if not changed:
        return locked
    for field in changed:
        setattr(locked, field, changes[field])
    locked.clean_fields()
    by.require_reach(Role(locked.role))
    locked.save(update_fields=changed)
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="agent.changed",
        subject=f"agent:{locked.id}",
        detail={"fields": sorted(changed), "role": locked.role},
    )
    bump_generation(locked.tenant_id)
    return locked
