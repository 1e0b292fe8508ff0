"""The admin pages of floor 1: agents and their keys, people, tenants, the audit trail."""

from accounts.admin import agents, audit, keys, people, tenants

__all__ = ["agents", "audit", "keys", "people", "tenants"]
