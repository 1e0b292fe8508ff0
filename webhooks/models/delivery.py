from django.db import models
from django.db.models import Q

from accounts.models import Tenant
from accounts.tenancy import TenantManager
from webhooks.models.queued import Queued, QueueStatus
from webhooks.models.subscription import WebhookSubscription


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def dead(self) -> "WebhookDeliveryQuerySet":
        return self.filter(status=QueueStatus.DEAD)


class WebhookDelivery(Queued):
    """One event for one subscription. Its id, as `msg_…`, is the `webhook-id` of every attempt."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    subscription = models.ForeignKey(
        WebhookSubscription, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    sequence = models.BigIntegerField(null=True, editable=False, help_text="The audit entry's; null: a test.")
    event_type = models.CharField(max_length=100)
    payload = models.JSONField(help_text="What is sent: type, timestamp, data.")

    objects = TenantManager.from_queryset(WebhookDeliveryQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "sequence"], name="webhook_delivery_once"),
            models.CheckConstraint(condition=Q(status__in=QueueStatus.values), name="webhook_delivery_status_known"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="webhook_delivery_by_tenant"),
            models.Index(fields=["tenant", "subscription", "-id"], include=["status"], name="webhook_delivery_by_sub"),
            models.Index(
                fields=["tenant", "subscription", "due_at", "id"],
                condition=Q(status="waiting"),
                name="webhook_delivery_waiting",
            ),
            models.Index(
                fields=["tenant", "subscription"], condition=Q(status="running"), name="webhook_delivery_running"
            ),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="webhook_delivery_leases"),
            models.Index(fields=["tenant", "-id"], condition=Q(status="dead"), name="webhook_delivery_dead"),
            models.Index(fields=["tenant", "code", "-id"], condition=~Q(code=""), name="webhook_delivery_by_code"),
        ]
