"""A tenant's policy from its rows, kept under the tenant's generation."""

from datetime import timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from cachetools import LRUCache
from django.utils import timezone

from accounts.models import Tenant
from registry.models import PermissionRule
from registry.permissions.policy import TenantPolicy, compile_policy

# Called from several threads at once, which the cache alone does not bear.
_lock = Lock()
_policies: LRUCache[tuple[UUID, int], TenantPolicy] = LRUCache(maxsize=1_000)

_CLOCKS_APART = timedelta(minutes=5)


def policy_of(tenant: Tenant) -> TenantPolicy:
    """Inside the tenant's scope. `tenant` has to be read before: what is read after it can only be newer."""
    key = (tenant.id, tenant.generation)
    with _lock:
        known = _policies.get(key)
    if known is None:
        known = compile_policy(default=tenant.default_decision, destructive=tenant.destructive_decision, rules=_rules())
        with _lock:
            _policies[key] = known
    return known


def _rules() -> Any:
    """Without those that expired; what expires later is judged by the clock of each call."""
    return PermissionRule.objects.in_force(timezone.now() - _CLOCKS_APART)
