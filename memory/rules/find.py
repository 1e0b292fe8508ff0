"""Reading the rules of the scope's tenant."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.caller import Actor
from accounts.roles import Right
from memory.errors import NamespaceRuleNotFound
from memory.models import NamespaceRule


def list_rules(*, by: Actor, agent: str | None = None) -> QuerySet[NamespaceRule]:
    """`agent`: only those that name the agent of this slug. Raises Forbidden."""
    by.require(Right.PEOPLE)
    rows = NamespaceRule.objects.select_related("agent")
    return rows if agent is None else rows.filter(agent__slug=agent)


def find_rule(*, by: Actor, rule_id: UUID) -> NamespaceRule:
    """Raises Forbidden, NamespaceRuleNotFound."""
    rule = list_rules(by=by).filter(id=rule_id).first()
    if rule is None:
        raise NamespaceRuleNotFound
    return rule
