"""Making a rule. It counts from the next request on."""

from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from accounts.models import Agent
from accounts.roles import Right
from memory.limits import MOST_NAMESPACE_RULES
from memory.models import Access, NamespaceRule
from memory.namespaces import read_subtree


def create_rule(*, tenant_id: UUID, by: Actor, namespace: str, access: str, agent: str | None = None) -> NamespaceRule:
    """`agent`: a slug; None: every agent. A namespace that is empty, or `/`, means everywhere.

    Raises Forbidden, Invalid, and Conflict where there is one for the same, or there are too many.
    """
    by.require(Right.PEOPLE)
    rule = NamespaceRule(
        tenant_id=tenant_id, agent=_agent(agent), namespace=read_subtree(namespace), access=read_access(access)
    )
    if NamespaceRule.objects.count() >= MOST_NAMESPACE_RULES:
        raise Conflict(
            f"There are {MOST_NAMESPACE_RULES:,} rules for namespaces already. Remove some, or let one say more."
        )
    try:
        with transaction.atomic():
            rule.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "There is a rule for this namespace and agent already. Change that one: "
            "`GET /api/v1/namespace-rules/` lists them."
        ) from error
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="namespace_rule.created",
        subject=f"namespace_rule:{rule.id}",
        detail={"namespace": rule.namespace, "access": rule.access, "agent": rule.agent_id and str(rule.agent_id)},
    )
    return rule


def read_access(access: str) -> Access:
    """Raises Invalid."""
    if access not in Access.values:
        raise _refused("$.access", f"Give one of: {', '.join(Access.values)}.")
    return Access(access)


def _agent(slug: str | None) -> Agent | None:
    agent = None if slug is None else Agent.objects.filter(slug=slug).first()
    if slug is not None and agent is None:
        raise _refused("$.agent", "There is no agent with this slug. `GET /api/v1/agents/` lists them.")
    return agent


def _refused(path: str, sentence: str) -> Invalid:
    return Invalid("The rule cannot be like this. See `errors`.", faults=[Fault(path, sentence)])
