"""Memories for tests, made by the verbs themselves."""

from typing import Any
from uuid import UUID

from accounts.caller import Actor, Caller, System
from accounts.models import Agent, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.create import create_memory
from memory.models import Access, EmbeddingModel, Memory, ModelState, NamespaceRule

CURATOR = System("curator")


def agent_caller(agent: Agent, role: Role = Role.OPERATOR) -> Caller:
    return Caller(
        tenant_id=agent.tenant_id,
        tenant_slug="",
        generation=1,
        role=role,
        agent_id=agent.id,
        agent_slug=agent.slug,
    )


def person_caller(person: Person) -> Caller:
    return Caller(tenant_id=person.tenant_id, tenant_slug="", generation=1, role=Role(person.role), person_id=person.id)


def remember(tenant: Tenant, content: str, *, by: Actor = CURATOR, **facts: Any) -> Memory:
    with within(tenant.id):
        return create_memory(tenant_id=tenant.id, by=by, facts={"content": content, **facts}).memory


def rule(tenant: Tenant, namespace: str, access: Access, agent: Agent | None = None) -> NamespaceRule:
    with within(tenant.id):
        return NamespaceRule.objects.create(tenant=tenant, agent=agent, namespace=namespace, access=access)


def make_model(name: str = "tiny", dimensions: int = 3, state: ModelState = ModelState.ACTIVE) -> EmbeddingModel:
    return EmbeddingModel.objects.create(name=name, dimensions=dimensions, state=state)


def seen_now(tenant: Tenant, memory_id: UUID) -> Memory:
    """The row as it is, whoever may see it."""
    with within(tenant.id):
        memory: Memory = Memory.objects.get(id=memory_id)
    return memory
