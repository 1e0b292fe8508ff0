from django.db import models
from django.db.models import F, Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.models.memory import Memory


class MemoryLink(models.Model):
    """What one memory has to do with another. It points from the one to the other; both are of one tenant."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    from_memory = models.ForeignKey(
        Memory, on_delete=models.DO_NOTHING, related_name="links_out", db_index=False, db_constraint=False
    )
    to_memory = models.ForeignKey(
        Memory, on_delete=models.DO_NOTHING, related_name="links_in", db_index=False, db_constraint=False
    )
    type = models.CharField(max_length=64, help_text="A word of your own: `about`, `caused_by`, `supersedes`.")
    weight = models.FloatField(default=1.0, help_text="How strong it is: from 0.000001 to 1.")
    metadata = models.JSONField(default=dict, blank=True)
    created_by = models.CharField(max_length=100, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager["MemoryLink"]()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "from_memory", "to_memory", "type"], name="memory_link_once"),
            models.CheckConstraint(condition=~Q(from_memory=F("to_memory")), name="memory_link_of_two"),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=1), name="memory_link_weight_known"),
        ]
        indexes = [models.Index(fields=["tenant", "to_memory", "type"], name="memory_link_back")]

    def __str__(self) -> str:
        return f"{self.from_memory_id} {self.type} {self.to_memory_id}"
