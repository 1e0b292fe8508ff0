from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.models.tenant import slug_validator
from accounts.tenancy import TenantManager


class WebhookSubscriptionQuerySet(models.QuerySet["WebhookSubscription"]):
    def living(self) -> "WebhookSubscriptionQuerySet":
        return self.filter(deleted_at=None)

    def enabled(self) -> "WebhookSubscriptionQuerySet":
        return self.living().filter(enabled=True)


class WebhookSubscription(models.Model):
    """Who is told of the registry's own events, signed as Standard Webhooks says (https://www.standardwebhooks.com)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    name = models.CharField(max_length=200)
    url = models.CharField(max_length=2000)
    event_types = models.JSONField(default=list, help_text='With wildcards, e.g. ["execution.*"].')
    conditions = models.JSONField(
        default=list, blank=True, help_text='E.g. [{"path": "$.data.code", "op": "eq", "value": "timeout"}].'
    )
    sealed_secret = models.BinaryField(editable=False)
    sealed_previous = models.BinaryField(null=True, editable=False, help_text="Signs, too, until `previous_until`.")
    previous_until = models.DateTimeField(null=True, editable=False)
    schedule = models.JSONField(null=True, blank=True, help_text="Seconds before each attempt; null: the usual ones.")
    concurrency = models.PositiveSmallIntegerField(default=5, help_text="Deliveries at the same time.")
    timeout_ms = models.PositiveIntegerField(default=15_000)
    position = models.BigIntegerField(
        default=0, editable=False, help_text="How far in the sealed audit trail it was told; kept while it is disabled."
    )
    enabled = models.BooleanField(default=True)
    disabled_reason = models.TextField(blank=True, help_text="Why it was disabled, where nobody did it by hand.")
    failing_since = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(WebhookSubscriptionQuerySet)()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"], condition=Q(deleted_at=None), name="webhook_subscription_slug_once"
            ),
        ]

    def __str__(self) -> str:
        return self.slug
