"""Granting something else where a rule stands."""

from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from memory.errors import NamespaceRuleNotFound
from memory.models import NamespaceRule
from memory.rules.create import read_access


def change_rule(*, by: Actor, rule_id: UUID, access: str) -> NamespaceRule:
    """What it grants; for another namespace or agent make another rule.

    Raises Forbidden, Invalid, NamespaceRuleNotFound.
    """
    by.require(Right.PEOPLE)
    granted = read_access(access)
    rules = NamespaceRule.objects.select_related("agent").select_for_update(of=("self",))
    rule = rules.filter(id=rule_id).first()
    if rule is None:
        raise NamespaceRuleNotFound
    if rule.access != granted:
        rule.access = granted
        rule.save(update_fields=["access"])
        record(
            tenant_id=rule.tenant_id,
            actor=by.actor,
            action="namespace_rule.changed",
            subject=f"namespace_rule:{rule.id}",
            detail={"namespace": rule.namespace, "access": rule.access},
        )
    return rule
