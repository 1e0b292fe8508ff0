"""What a call left behind."""

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.execution.types import Outcome
from registry.models import Execution


def stored(tenant: Tenant, outcome: Outcome) -> Execution:
    with within(tenant.id):
        return Execution.objects.get(id=outcome.id)


def executions(tenant: Tenant) -> list[Execution]:
    with within(tenant.id):
        return list(Execution.objects.order_by("id"))


def entries(tenant: Tenant, outcome: Outcome) -> list[str]:
    with within(tenant.id):
        rows = AuditEntry.objects.filter(subject=f"execution:{outcome.id}").order_by("id")
        return list(rows.values_list("action", flat=True))
