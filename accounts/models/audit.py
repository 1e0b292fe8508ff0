from uuid import UUID

from django.contrib.postgres.indexes import BTreeIndex
from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models.tenant import Tenant
from accounts.tenancy import TenantManager


def in_chain(tenant_id: UUID | None) -> Q:
    """What belongs to the tenant's chain; None: to the platform's own."""
    return Q(tenant_id=tenant_id)


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def sealed_after(self, sequence: int) -> "AuditEntryQuerySet":
        return self.filter(sequence__gt=sequence).order_by("sequence")

    def unsealed(self) -> "AuditEntryQuerySet":
        return self.filter(sequence=None).order_by("id")


class AuditEntry(models.Model):
    """One thing that happened, written in the transaction of what it records; also the event that others are told.

    Holds ids, words and digests, never payloads. The sealer gives it its place in the tenant's hash chain.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField()
    actor = models.CharField(max_length=120, help_text="Who did it: agent:<id>, person:<id>, or system:<name>.")
    action = models.CharField(max_length=64, help_text="What happened, e.g. tool.registered.")
    subject = models.CharField(max_length=120, help_text="What it happened to, e.g. tool:<id>.")
    detail = models.JSONField(default=dict)
    sequence = models.BigIntegerField(null=True, editable=False)
    seal = models.BinaryField(max_length=32, null=True, editable=False)

    objects = TenantManager.from_queryset(AuditEntryQuerySet)()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit trail"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "sequence"],
                nulls_distinct=False,
                condition=Q(sequence__isnull=False),
                name="audit_sequence_once",
            ),
            models.CheckConstraint(
                condition=Q(sequence=None, seal=None) | Q(sequence__isnull=False, seal__isnull=False),
                name="audit_sealed_whole",
            ),
        ]
        indexes = [
            BTreeIndex(fields=["tenant", "id"], condition=Q(sequence=None), name="audit_unsealed"),
            models.Index(fields=["tenant", "id"], name="audit_by_tenant"),
            models.Index(fields=["tenant", "subject", "id"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AuditHead(models.Model):
    """The end of a tenant's chain: kept apart from the entries, so that one cut off at the end is missed."""

    tenant = models.ForeignKey(
        Tenant, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    sequence = models.BigIntegerField(default=0)
    seal = models.BinaryField(max_length=32, default=bytes(32), help_text="32 zeros where the chain begins.")

    objects = TenantManager["AuditHead"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], nulls_distinct=False, name="audit_head_once"),
        ]


class EventPosition(models.Model):
    """How far a subscriber has read in a tenant's sealed entries. Tenant null: the platform's own chain."""

    chain = models.ForeignKey(AuditHead, on_delete=models.CASCADE, db_index=False, related_name="positions")
    tenant = models.ForeignKey(
        Tenant, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    subscriber = models.CharField(max_length=64)
    sequence = models.BigIntegerField(default=0)

    objects = TenantManager["EventPosition"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "subscriber"], name="event_position_once"),
        ]
