from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.tenancy import TenantManager
from registry.models.execution import Execution
from registry.models.tool import Tool
from registry.models.version import ToolVersion


class ApprovalState(models.TextChoices):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    """Nobody answered in time."""
    WITHDRAWN = "withdrawn"
    """The caller took the call back."""


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def waiting(self) -> "ApprovalQuerySet":
        return self.filter(state=ApprovalState.WAITING)

    def overdue(self, at: datetime) -> "ApprovalQuerySet":
        """Waiting ones that nobody answered in time."""
        return self.waiting().filter(expires_at__lte=at)


class Approval(models.Model):
    """A call that a person was asked about. The input is the redacted form; the raw one is sealed elsewhere."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign keys in the database but the tenant's, as on the execution: what they name stays.
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    execution = models.OneToOneField(Execution, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    tool = models.ForeignKey(Tool, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    tool_version = models.ForeignKey(
        ToolVersion, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    agent = models.ForeignKey(
        Agent, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    asked_by = models.CharField(max_length=120, help_text="Who wants to call: agent:<id> or person:<id>.")
    tool_slug = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    operation = models.CharField(max_length=100, blank=True)
    input = models.JSONField(null=True)
    input_digest = models.BinaryField(max_length=100, help_text="SHA-256 of operation and raw input, sealed.")
    rule_id = models.UUIDField(null=True, help_text="The rule that asked; null: the tenant's default did.")
    why = models.CharField(max_length=500, blank=True, help_text="Why a person is asked, in a sentence.")
    state = models.CharField(max_length=16, choices=ApprovalState.choices, default=ApprovalState.WAITING)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Until when it can be decided; once approved, until when it may run.")
    decided_by = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was refused; the caller sees it.")
    remembered_rule_id = models.UUIDField(null=True, help_text="The rule that was made of the answer.")

    objects = TenantManager.from_queryset(ApprovalQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ApprovalState.values), name="approval_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None) | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="approval_decided_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="approval_by_tenant"),
            models.Index(fields=["tenant", "expires_at"], condition=Q(state="waiting"), name="approval_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.tool_slug}@{self.version}"
