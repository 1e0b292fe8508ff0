"""Deciding for a whole tenant what becomes of secrets and personal data. What a tool decides is one of its facts."""

from collections.abc import Mapping
from typing import Any

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenants import bump_generation
from integrations.redaction.policy import faults


def set_redaction(*, tenant: Tenant, by: Actor, policy: Mapping[str, Any]) -> Tenant:
    """In the place of the tenant's policy; `{}`: the defaults. Raises Invalid with every fault, Forbidden."""
    by.require(Right.PEOPLE)
    found = [Fault(f"$.{path}" if path else "$", said) for path, said in faults(policy)]
    if found:
        raise Invalid("This is no redaction policy. See `errors` for each fault.", faults=found)
    locked = Tenant.objects.select_for_update(of=("self",)).get(id=tenant.id)
    if locked.redaction == policy:
        return locked
    locked.redaction = dict(policy)
    locked.save(update_fields=["redaction"])
    record(
        tenant_id=locked.id,
        actor=by.actor,
        action="tenant.changed",
        subject=f"tenant:{locked.id}",
        detail={"fields": ["redaction"], "redaction": locked.redaction},
    )
    bump_generation(locked.id)
    return locked
