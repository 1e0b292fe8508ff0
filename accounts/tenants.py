"""Making tenants, and telling every process that something of theirs has changed."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.audit import record
from accounts.errors import Conflict
from accounts.models import Tenant


def create_tenant(*, slug: str, name: str, actor: str) -> Tenant:
    """A new tenant, in the platform's scope. Raises Conflict when the slug is taken, ValidationError when it is bad."""
    tenant = Tenant(slug=slug, name=name)
    tenant.clean_fields()
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is a tenant `{slug}` already. Choose another slug.") from error
    record(tenant_id=tenant.id, actor=actor, action="tenant.created", subject=f"tenant:{tenant.id}")
    return tenant


def bump_generation(tenant_id: UUID | None) -> None:
    """Make every process forget what it cached for this tenant (None: for all of them).

    Call it last in the transaction of the change: it locks the tenant's row until the commit.
    """
    tenants = Tenant.objects.all() if tenant_id is None else Tenant.objects.filter(id=tenant_id)
    tenants.update(generation=F("generation") + 1)
