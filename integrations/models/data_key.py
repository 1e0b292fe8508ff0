from django.db import models
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class DataKeyQuerySet(models.QuerySet["DataKey"]):
    def alive(self) -> "DataKeyQuerySet":
        return self.filter(destroyed_at=None)

    def wrapped_by_others(self, mark: bytes) -> "DataKeyQuerySet":
        """Those that another key-encrypting key has wrapped than the one with this mark."""
        began = Substr("wrapped", 1, len(mark), output_field=models.BinaryField())
        return self.alive().exclude(Exact(began, models.Value(mark, models.BinaryField())))


class DataKey(models.Model):
    """One version of the key that seals a tenant's secrets, itself wrapped with the vault's key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    version = models.PositiveIntegerField()
    wrapped = models.BinaryField(editable=False, help_text="Nothing, once it is destroyed.")
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(DataKeyQuerySet)()

    class Meta:
        ordering = ["tenant", "version"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "version"], name="data_key_version_once"),
            models.CheckConstraint(
                condition=models.Q(destroyed_at=None) | models.Q(wrapped=b""), name="data_key_destroyed_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"
