from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.models.tenant import slug_validator
from accounts.tenancy import SharedManager, TenantManager


class Source(models.TextChoices):
    NATIVE = "native"
    PLATFORM = "platform"
    USER = "user"


class NodeType(models.TextChoices):
    EFFECT = "effect"
    COMPUTE = "compute"
    REDUCER = "reducer"
    ORCHESTRATOR = "orchestrator"


class ToolQuerySet(models.QuerySet["Tool"]):
    def living(self) -> "ToolQuerySet":
        """Those that were not retired."""
        return self.filter(retired_at=None)

    def capable_of(self, capabilities: dict[str, Any]) -> "ToolQuerySet":
        """Those whose capabilities contain these; a list needs all of its values (JSONB `@>`)."""
        return self.filter(capabilities__contains=capabilities)


class Tool(models.Model):
    """Something an agent can call. Tenant null: shared by all tenants."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="tools")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=64, blank=True)
    capability = models.CharField(
        max_length=64, blank=True, help_text="What it is for, in one word: file_read, memory, …"
    )
    source = models.CharField(max_length=16, choices=Source.choices, default=Source.USER)
    node_type = models.CharField(max_length=16, choices=NodeType.choices, default=NodeType.EFFECT)
    capabilities = models.JSONField(default=dict, blank=True, help_text='E.g. {"operations": ["stamp", "validate"]}.')
    metadata = models.JSONField(default=dict, blank=True)
    excluded_providers = models.JSONField(default=list, blank=True)
    native_equivalent = models.CharField(max_length=64, blank=True)
    rate_limit = models.JSONField(null=True, blank=True, help_text='E.g. {"per_minute": 60, "burst": 10}.')
    health_endpoint = models.URLField(max_length=2000, blank=True)
    stale_after_seconds = models.PositiveIntegerField(default=300)
    retire_after_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="Retire the tool when no heartbeat came for so long; empty: never."
    )
    enabled = models.BooleanField(default=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SharedManager.from_queryset(ToolQuerySet)()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"],
                condition=Q(retired_at=None),
                nulls_distinct=False,
                name="tool_slug_once",
            ),
            models.CheckConstraint(condition=Q(node_type__in=NodeType.values), name="tool_node_type_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="tool_source_known"),
            models.CheckConstraint(
                condition=Q(health_endpoint="") | Q(health_endpoint__regex=r"^https?://"),
                name="tool_health_endpoint_http",
            ),
            models.CheckConstraint(condition=Q(stale_after_seconds__gt=0), name="tool_stale_after_positive"),
        ]
        indexes = [
            GinIndex(fields=["capabilities"], opclasses=["jsonb_path_ops"], name="tool_capabilities"),
            GinIndex(fields=["metadata"], opclasses=["jsonb_path_ops"], name="tool_metadata"),
            models.Index(fields=["tenant", "category"], name="tool_by_category"),
        ]

    def __str__(self) -> str:
        return self.slug


class TenantTool(models.Model):
    """A tenant's own settings for a tool that all tenants share."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="tenant_settings")
    enabled = models.BooleanField(default=True)
    rate_limit = models.JSONField(null=True, blank=True)
    version_range = models.CharField(max_length=100, blank=True, help_text="Pins the tool, e.g. ^1.2.")

    objects = TenantManager["TenantTool"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "tool"], name="tenant_tool_once")]
