"""Agents: made, changed, disabled."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.errors import Conflict
from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenants import bump_generation


def create_agent(
    *,
    tenant: Tenant,
    slug: str,
    actor: str,
    name: str = "",
    description: str = "",
    role: Role = Role.OPERATOR,
    provider: str = "",
    rate_limit: dict[str, Any] | None = None,
) -> Agent:
    """A new agent without a key. Raises Conflict when the tenant has one of this slug, ValidationError on a bad field."""
    agent = Agent(
        tenant=tenant,
        slug=slug,
        name=name,
        description=description,
        role=role,
        provider=provider,
        rate_limit=rate_limit,
    )
    agent.clean_fields()
    try:
        with transaction.atomic():
            agent.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is an agent `{slug}` already. Choose another slug.") from error
    record(tenant_id=tenant.id, actor=actor, action="agent.created", subject=f"agent:{agent.id}")
    return agent


def change_agent(*, agent: Agent, actor: str, changes: dict[str, Any]) -> Agent:
    """Set the named fields; what is cached about the agent is forgotten by every process."""
    for field, value in changes.items():
        setattr(agent, field, value)
    agent.clean_fields()
    try:
        with transaction.atomic():
            agent.save(update_fields=list(changes))
    except IntegrityError as error:
        raise Conflict(f"There is an agent `{agent.slug}` already. Choose another slug.") from error
    record(
        tenant_id=agent.tenant_id,
        actor=actor,
        action="agent.changed",
        subject=f"agent:{agent.id}",
        detail={"fields": sorted(changes)},
    )
    bump_generation(agent.tenant_id)
    return agent
