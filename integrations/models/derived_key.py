from django.db import models

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class DerivedKey(models.Model):
    """A tenant's key for one purpose that must stay the same for ever, sealed like any other secret."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    purpose = models.CharField(max_length=64)
    sealed = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["DerivedKey"]()

    class Meta:
        ordering = ["tenant", "purpose"]
        constraints = [models.UniqueConstraint(fields=["tenant", "purpose"], name="derived_key_once")]
