from uuid import UUID

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.models.tenant import slug_validator
from accounts.tenancy import TenantManager
from webhooks.models.source import WebhookSource


class Target(models.TextChoices):
    TOOL = "tool"
    AGENT = "agent"
    """It waits for its agent, which fetches it."""


class WebhookRouteQuerySet(models.QuerySet["WebhookRoute"]):
    def living(self) -> "WebhookRouteQuerySet":
        return self.filter(deleted_at=None)

    def for_source(self, source_id: UUID) -> "WebhookRouteQuerySet":
        """Those that are for this source or for any."""
        return self.filter(Q(source=None) | Q(source_id=source_id))


class WebhookRoute(models.Model):
    """Which events go where: all that it names must match; an empty list names nothing. `docs/reference/webhooks.md`"""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    name = models.CharField(max_length=200)
    source = models.ForeignKey(
        WebhookSource, null=True, blank=True, on_delete=models.CASCADE, related_name="+", help_text="Null: any."
    )
    event_types = models.JSONField(default=list, blank=True, help_text='With wildcards, e.g. ["invoice.*"].')
    conditions = models.JSONField(
        default=list, blank=True, help_text='E.g. [{"path": "$.body.amount", "op": "gt", "value": 1000}].'
    )
    order = models.IntegerField(default=100, help_text="The lowest is looked at first.")
    goes_on = models.BooleanField(default=True, help_text="Whether routes behind this one are looked at, too.")
    target = models.CharField(max_length=16, choices=Target.choices, default=Target.TOOL)
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="+", help_text="As whom the tool is called, or who fetches it."
    )
    tool = models.CharField(max_length=64, blank=True, help_text="The tool's slug.")
    version = models.CharField(max_length=64, blank=True, help_text="A semver range; empty: the tenant's pin.")
    operation = models.CharField(max_length=100, blank=True)
    end_user = models.CharField(max_length=500, blank=True, help_text="JMESPath: for whom the tool is called.")
    input = models.JSONField(null=True, blank=True, help_text="What becomes the tool's input; null: the body.")
    ordered_by = models.CharField(
        max_length=500, blank=True, help_text="JMESPath: events of the same value are handled one after the other."
    )
    schedule = models.JSONField(null=True, blank=True, help_text="Seconds before each attempt; null: the usual ones.")
    concurrency = models.PositiveSmallIntegerField(default=5, help_text="Runs at the same time.")
    timeout_ms = models.PositiveIntegerField(null=True, blank=True)
    rests_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Until then none of its runs is begun, and then one at a time until one succeeds; null: it works.",
    )
    enabled = models.BooleanField(default=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(WebhookRouteQuerySet)()

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"], condition=Q(deleted_at=None), name="webhook_route_slug_once"
            ),
            models.CheckConstraint(condition=Q(target__in=Target.values), name="webhook_route_target_known"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def rests(self) -> bool:
        """Its tool's circuit was open when it was last called: none of its runs begins, or one at a time."""
        return self.rests_until is not None
