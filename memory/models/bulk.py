"""What work in bulk has in common: it waits for a worker, is held under a lease, and ends."""

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant


class BulkStatus(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    """Somebody has it, until its lease ends; or it waits for the next turn of a worker."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Given up; `error` says why. What was done until then stays done."""
    CANCELLED = "cancelled"


UNENDED = (BulkStatus.WAITING, BulkStatus.RUNNING)


class Bulk(models.Model):
    """One piece of work. Whoever takes it counts `taken` up, and stops as soon as that is another's number."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    actor = models.CharField(max_length=100, editable=False, help_text="Who asked for it, as the audit trail says.")
    agent_id = models.UUIDField(null=True, editable=False)
    key_id = models.UUIDField(null=True, editable=False)
    person_id = models.UUIDField(null=True, editable=False)
    status = models.CharField(max_length=16, choices=BulkStatus.choices, default=BulkStatus.WAITING)
    error = models.TextField(blank=True, help_text="Why it failed.")
    taken = models.PositiveIntegerField(default=0, help_text="How often somebody took it: the fencing number.")
    lease_until = models.DateTimeField(null=True, editable=False)
    lost = models.PositiveSmallIntegerField(default=0, help_text="Holders in a row that did not get anything done.")
    turn_at = models.DateTimeField(auto_now_add=True, editable=False, help_text="Who had a turn longest ago is next.")
    worked_ms = models.BigIntegerField(default=0, editable=False, help_text="How long workers were at it.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(status__in=BulkStatus.values), name="%(class)s_status_known"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="%(class)s_listed"),
            models.Index(fields=["turn_at"], condition=Q(status__in=UNENDED), name="%(class)s_turn"),
        ]
