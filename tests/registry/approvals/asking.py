"""A rule that has a person decide about every call of the contact finder."""

from typing import Any

from accounts.models import Tenant
from accounts.tenancy import within
from registry.models import PermissionRule
from registry.permissions.rules import make_rule
from tests.catalogue import manager_of

ASK = {"name": "Ask about the CRM", "effect": "ask", "tools": ["crm-*"]}


def rule_for(tenant: Tenant, **facts: Any) -> PermissionRule:
    with within(tenant.id):
        return make_rule(tenant_id=tenant.id, by=manager_of(tenant), facts={**ASK, **facts})
