"""A tenant with something sealed, and a rotation of its data key, step by step and to its end."""

from datetime import timedelta

from django.utils import timezone

from accounts.caller import Actor, System
from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import DataKey, Rekeying
from integrations.vault import open_sealed, seal
from integrations.vault.memory import in_memory
from integrations.vault.rekey import go_on
from integrations.vault.rotate import rotate_data_key
from registry.models import Execution
from registry.models.execution import Status

CONSOLE = System("vault")


def execution(tenant: Tenant, secret: bytes = b"secret") -> Execution:
    """A call that waits, with its sealed input."""
    made = Execution(id=new_id(), tenant=tenant, tool_slug="crm-find", status=Status.PENDING, started_at=timezone.now())
    with within(tenant.id):
        made.sealed_input = seal(tenant_id=tenant.id, purpose="execution", field=f"{made.id}:input", plaintext=secret)
        made.save(force_insert=True)
    return made


def stored(row: Execution) -> bytes:
    with within(row.tenant_id):
        return bytes(Execution.objects.values_list("sealed_input", flat=True).get(id=row.id) or b"")


def opened(row: Execution) -> bytes:
    sealed = stored(row)
    with within(row.tenant_id):
        return open_sealed(tenant_id=row.tenant_id, purpose="execution", field=f"{row.id}:input", sealed=sealed)


def version_of(sealed: bytes) -> int:
    return int.from_bytes(sealed[1:5], "big")


def rotate(tenant: Tenant, by: Actor = CONSOLE) -> Rekeying:
    with within(tenant.id):
        return rotate_data_key(tenant_id=tenant.id, by=by)


def rekeying(tenant: Tenant) -> Rekeying:
    """The newest."""
    with within(tenant.id):
        return Rekeying.objects.all()[0]


def alive(tenant: Tenant) -> list[int]:
    """The versions of its data key that are not destroyed."""
    with within(tenant.id):
        return list(DataKey.objects.alive().values_list("version", flat=True))


def go_through(tenant: Tenant, **later: float) -> None:
    """As long as there is something to do at once, or will be after so much time."""
    if later:
        in_memory.clear()
    while go_on(tenant.id, at=timezone.now() + timedelta(**later)):
        pass


def finish(tenant: Tenant) -> None:
    """To the end, where nothing is in the way."""
    go_through(tenant)
    go_through(tenant, minutes=10)
