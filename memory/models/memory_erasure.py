from django.db import models
from django.db.models import Q

from accounts.tenancy import TenantManager
from memory.limits import LONGEST_NAMESPACE
from memory.models.bulk import UNENDED, Bulk


class Erased(models.TextChoices):
    """What an erasure is about."""

    TENANT = "tenant"
    NAMESPACE = "namespace"
    """With all below it."""
    END_USER = "end_user"


class MemoryErasureQuerySet(models.QuerySet["MemoryErasure"]):
    def unended(self) -> "MemoryErasureQuerySet":
        return self.filter(status__in=UNENDED)


class MemoryErasure(Bulk):
    """Memories that are removed for ever, with whatever was kept of them, and the proof that nothing is left.

    Whom it was about is not kept beyond its end: the digest says whether it was somebody that one can name.
    """

    what = models.CharField(max_length=16, choices=Erased.choices)
    target = models.CharField(
        max_length=LONGEST_NAMESPACE, blank=True, db_collation="C", help_text="Empty for a tenant, and at the end."
    )
    target_digest = models.CharField(max_length=64, help_text="SHA-256 of the target, in hexadecimal.")
    removed = models.JSONField(default=dict, help_text="How many rows, by their table.")
    found_after = models.JSONField(null=True, help_text="The same, looked for at the end; null: not yet.")
    ids = models.BigIntegerField(default=0, help_text="Memories that the digest is made of.")
    ids_digest = models.BinaryField(default=bytes(32), help_text="Of the ids of the memories, in order.")
    audit_entry = models.UUIDField(null=True, editable=False)

    objects = TenantManager.from_queryset(MemoryErasureQuerySet)()

    class Meta(Bulk.Meta):
        ordering = ["-id"]
        constraints = [
            *Bulk.Meta.constraints,
            models.CheckConstraint(condition=Q(what__in=Erased.values), name="memoryerasure_what_known"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.target_digest[:12]}"
