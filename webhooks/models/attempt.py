from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from webhooks.models.delivery import WebhookDelivery
from webhooks.models.run import WebhookRun


class WebhookAttempt(models.Model):
    """How one attempt of a run or of a delivery ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    run = models.ForeignKey(WebhookRun, null=True, on_delete=models.CASCADE, db_index=False, related_name="attempt_log")
    delivery = models.ForeignKey(
        WebhookDelivery, null=True, on_delete=models.CASCADE, db_index=False, related_name="attempt_log"
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    execution_id = models.UUIDField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True, help_text="What the receiver answered.")
    code = models.CharField(max_length=64, blank=True, help_text="Empty: it succeeded.")
    detail = models.TextField(blank=True)
    response = models.TextField(blank=True, help_text="The beginning of the receiver's answer, redacted.")
    next_at = models.DateTimeField(null=True, help_text="When the next attempt was to be; null: it was the last.")

    objects = TenantManager["WebhookAttempt"]()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(run__isnull=True) ^ Q(delivery__isnull=True), name="webhook_attempt_of_one"
            ),
        ]
        indexes = [
            models.Index(fields=["run", "id"], condition=Q(run__isnull=False), name="webhook_attempt_by_run"),
            models.Index(
                fields=["delivery", "id"], condition=Q(delivery__isnull=False), name="webhook_attempt_by_delivery"
            ),
        ]
