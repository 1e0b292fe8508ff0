"""Audit entries for the tests of sealing, telling and verifying."""

from uuid import UUID

from accounts.audit import entry
from accounts.models import AuditEntry
from accounts.sealing import seal_batch
from accounts.tenancy import scope_for


def write(tenant_id: UUID | None, *actions: str) -> None:
    """One unsealed entry for each action."""
    with scope_for(tenant_id):
        AuditEntry.objects.bulk_create(
            entry(tenant_id=tenant_id, actor="system:tests", action=action, subject="tool:1", detail={"n": n})
            for n, action in enumerate(actions)
        )


def seal_all(tenant_id: UUID | None) -> None:
    while seal_batch(tenant_id):
        pass


def sealed(tenant_id: UUID | None) -> list[tuple[int | None, str]]:
    """Sequence and action of the sealed entries, in order."""
    with scope_for(tenant_id):
        entries = AuditEntry.objects.filter(tenant=tenant_id).sealed_after(0)
        return list(entries.values_list("sequence", "action"))
