"""The caller of a call that was put aside, as they are now: what they may do is asked anew when it goes on."""

from uuid import UUID

from django.db.models import Exists, Q

from accounts.authenticate import caller_of
from accounts.caller import Caller
from accounts.errors import Forbidden, KeyRevoked
from accounts.limits import limits_of
from accounts.models import Agent, ApiKey, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import platform


def absent_caller(
    *, tenant_id: UUID, agent_id: UUID | None, key_id: UUID | None = None, person_id: UUID | None = None
) -> Caller:
    """Call it inside `within(tenant_id)`. A key that merely expired still stands for what was asked while it held.

    Raises Forbidden when the agent or person is gone or disabled, KeyRevoked when the key was taken back.
    """
    if agent_id is None:
        return _person(Tenant.objects.get(id=tenant_id), person_id)
    key = ApiKey.objects.filter(Q(id=key_id), revoked_at=None)
    agents = Agent.objects.filter(id=agent_id, enabled=True).select_related("tenant")
    agent = agents.annotate(key_stands=Exists(key)).first()
    if agent is None:
        raise Forbidden("The agent that made this call is disabled. An admin of its tenant can enable it.")
    if key_id is not None and not agent.key_stands:
        raise KeyRevoked("The key that this call was made with has been revoked. Call again with another one.")
    tenant = agent.tenant
    return Caller(
        tenant_id=tenant.id,
        tenant_slug=tenant.slug,
        generation=tenant.generation,
        role=Role(agent.role),
        agent_id=agent.id,
        agent_slug=agent.slug,
        key_id=key_id,
        provider=agent.provider,
        agent_limits=limits_of(agent.rate_limit, agent.concurrency, agent.quota),
        tenant_limits=limits_of(tenant.rate_limit, tenant.concurrency, tenant.quota),
    )


def _person(tenant: Tenant, person_id: UUID | None) -> Caller:
    # The platform's owner acts in tenants that are not their own.
    with platform():
        person = Person.objects.filter(id=person_id, is_active=True).first() if person_id else None
    if person is None:
        raise Forbidden("The person who made this call may not sign in any more.")
    return caller_of(person, tenant)
