from django.db import models
from django.db.models import Q

from accounts.models import Agent, Tenant
from accounts.tenancy import TenantManager
from webhooks.models.event import WebhookEvent
from webhooks.models.queued import UNENDED, Queued, QueueStatus
from webhooks.models.route import Target, WebhookRoute


class WebhookRunQuerySet(models.QuerySet["WebhookRun"]):
    def dead(self) -> "WebhookRunQuerySet":
        return self.filter(status=QueueStatus.DEAD)


class WebhookRun(Queued):
    """One event on one route: tried until it has an outcome. Its key at the corridor is `event:route`."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    event = models.ForeignKey(
        WebhookEvent, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="runs"
    )
    route = models.ForeignKey(
        WebhookRoute, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    target = models.CharField(max_length=16, choices=Target.choices, default=Target.TOOL)
    agent = models.ForeignKey(Agent, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    replay_id = models.UUIDField(null=True, editable=False, help_text="The WebhookRedo that repeats the event.")
    order_key = models.CharField(max_length=200, blank=True)
    execution_id = models.UUIDField(null=True, editable=False, help_text="The last attempt's.")
    first_attempt_at = models.DateTimeField(null=True, editable=False)

    objects = TenantManager.from_queryset(WebhookRunQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "route", "replay_id"], nulls_distinct=False, name="webhook_run_once"
            ),
            models.CheckConstraint(condition=Q(status__in=QueueStatus.values), name="webhook_run_status_known"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="webhook_run_by_tenant"),
            models.Index(fields=["tenant", "route", "-id"], include=["status"], name="webhook_run_by_route"),
            models.Index(
                fields=["tenant", "route", "due_at", "id"],
                condition=Q(status="waiting", target="tool"),
                name="webhook_run_waiting",
            ),
            models.Index(
                fields=["tenant", "agent", "route", "due_at", "id"],
                condition=Q(status="waiting", target="agent"),
                name="webhook_run_for_agent",
            ),
            models.Index(fields=["tenant", "route"], condition=Q(status="running"), name="webhook_run_running"),
            models.Index(fields=["lease_until"], condition=Q(status="running"), name="webhook_run_leases"),
            models.Index(
                fields=["route", "order_key", "id"],
                condition=Q(status__in=UNENDED) & ~Q(order_key=""),
                name="webhook_run_in_order",
            ),
            models.Index(fields=["tenant", "-id"], condition=Q(status="dead"), name="webhook_run_dead"),
            models.Index(fields=["tenant", "code", "-id"], condition=~Q(code=""), name="webhook_run_by_code"),
        ]
