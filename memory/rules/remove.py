"""Taking a rule away for good."""

from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.roles import Right
from memory.errors import NamespaceRuleNotFound
from memory.models import NamespaceRule


def remove_rule(*, by: Actor, rule_id: UUID) -> None:
    """Raises Forbidden, NamespaceRuleNotFound."""
    by.require(Right.PEOPLE)
    rule = NamespaceRule.objects.select_for_update().filter(id=rule_id).first()
    if rule is None:
        raise NamespaceRuleNotFound
    record(
        tenant_id=rule.tenant_id,
        actor=by.actor,
        action="namespace_rule.removed",
        subject=f"namespace_rule:{rule.id}",
        detail={"namespace": rule.namespace, "access": rule.access},
    )
    rule.delete()
