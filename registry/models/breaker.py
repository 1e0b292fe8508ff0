from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from registry.models.tool import Tool
from registry.models.version import ToolVersion


class Hold(models.TextChoices):
    OPEN = "open"
    """Every call is refused."""
    CLOSED = "closed"
    """Every call is let through, whatever becomes of it."""


class BreakerHold(models.Model):
    """A person's word over a circuit: it stays as it is held until somebody releases it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="+")
    tool_version = models.ForeignKey(
        ToolVersion, null=True, on_delete=models.CASCADE, related_name="+", help_text="Null: all versions of the tool."
    )
    hold = models.CharField(max_length=8, choices=Hold.choices)
    reason = models.CharField(max_length=500)
    by = models.CharField(max_length=120, help_text="Who holds it, as the audit trail names them.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["BreakerHold"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "tool", "tool_version"], nulls_distinct=False, name="breaker_hold_once"
            ),
            models.CheckConstraint(condition=Q(hold__in=Hold.values), name="breaker_hold_known"),
        ]

    def __str__(self) -> str:
        return f"held {self.hold}"


class Breaker(ToolVersion):
    """A version, seen as what its circuit guards: the same rows on a page of their own."""

    class Meta:
        proxy = True
