from django.db import models

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.models.memory import Memory


class Change(models.TextChoices):
    """What ended a version."""

    UPDATED = "updated"
    DELETED = "deleted"
    RESTORED = "restored"


class MemoryVersion(models.Model):
    """What a memory said before it was changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    memory = models.ForeignKey(
        Memory, on_delete=models.DO_NOTHING, related_name="versions", db_index=False, db_constraint=False
    )
    version = models.PositiveIntegerField()
    facts = models.JSONField(help_text="The fields that can be changed, as they were.")
    change = models.CharField(max_length=16, choices=Change.choices, help_text="What ended it.")
    changed_by = models.CharField(max_length=100, help_text="As the audit trail names them.")
    changed_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["MemoryVersion"]()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["tenant", "memory", "version"], name="memory_version_once")]
