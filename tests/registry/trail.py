"""What the audit trail and the tenants say after a verb."""

from typing import Any

from accounts.caller import System
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform
from registry.models import Tool
from registry.register import register_tool
from tests.catalogue import FIND_CONTACT

INSTALLATION = System("tests")


def share(**changes: Any) -> Tool:
    """A tool that all tenants share."""
    with platform():
        return register_tool(by=INSTALLATION, spec={**FIND_CONTACT, **changes}, shared=True)


def actions(*wanted: str) -> list[str]:
    """What happened, oldest first; of these kinds only, when named."""
    with platform():
        entries = AuditEntry.objects.order_by("id").values_list("action", flat=True)
        return [action for action in entries if action in wanted or (not wanted and action.startswith(WATCHED))]


WATCHED = ("tool.", "version.", "health.")


def last_entry(action: str) -> AuditEntry:
    with platform():
        entry = AuditEntry.objects.filter(action=action).order_by("id").last()
        assert entry is not None
        return entry


def generation(tenant: Tenant) -> int:
    with platform():
        return Tenant.objects.get(id=tenant.id).generation
