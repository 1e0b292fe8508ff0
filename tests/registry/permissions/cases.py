"""Rules for tests of how they are matched, without a database."""

from typing import Any

from accounts.decisions import Decision
from accounts.ids import new_id
from registry.models import PermissionRule
from registry.permissions.policy import ToolFacts, ToolPolicy, compile_policy
from tests.registry.execution.calls import TENANT

CRM = ToolFacts(slug="crm-find", category="crm", node_type="effect")


def a_rule(effect: str = "deny", **facts: Any) -> PermissionRule:
    return PermissionRule(id=new_id(), tenant_id=TENANT, effect=effect, **{"name": f"{effect} it", **facts})


def policy_for(
    *rules: PermissionRule, tool: ToolFacts = CRM, default: str = Decision.ALLOW, destructive: str = Decision.DENY
) -> ToolPolicy:
    return compile_policy(default=default, destructive=destructive, rules=rules).for_tool(tool)
