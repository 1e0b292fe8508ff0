from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.models.limits import validate_concurrency, validate_quota, validate_rate_limit
from accounts.models.tenant import slug_validator
from accounts.tenancy import SharedManager, TenantManager, current_scope
from integrations.models import Connection
from registry.breakers.settings import BreakerSettings, settings_of
from registry.models.health_status import HealthStatus


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
    """Reads of the catalogue. Those that name a tenant ask about the scope's own."""

    def living(self) -> "ToolQuerySet":
        """Those that were not retired."""
        return self.filter(retired_at=None)

    def switched_on(self) -> "ToolQuerySet":
        """Those that may be called: a shared one unless the scope's tenant has switched it off."""
        return self.filter(enabled=True).exclude(self._switched_off())

    def switched_off(self) -> "ToolQuerySet":
        return self.filter(Q(enabled=False) | Q(self._switched_off()))

    def _switched_off(self) -> Exists:
        settings = TenantTool.objects.filter(tool=OuterRef("pk"), enabled=False)
        # The platform sees the settings of all tenants, and has none itself.
        return Exists(settings if current_scope().tenant_id else settings.none())

    def healthy(self, at: datetime) -> "ToolQuerySet":
        """Those that are well, also if no sweep has been since."""
        return self.filter(self._is_healthy(at))

    def unhealthy(self, at: datetime) -> "ToolQuerySet":
        return self.exclude(self._is_healthy(at))

    def _is_healthy(self, at: datetime) -> Q:
        return Q(health__status=HealthStatus.HEALTHY) & (Q(health__stale_at=None) | Q(health__stale_at__gt=at))

    def heard_since(self, at: datetime) -> "ToolQuerySet":
        """Those whose last heartbeat came then or later."""
        return self.filter(health__last_heartbeat__gte=at)

    def mentioning(self, text: str) -> "ToolQuerySet":
        """Those that have every one of these words in their slug, name or description."""
        rows = self
        for word in text.split():
            rows = rows.filter(Q(slug__icontains=word) | Q(name__icontains=word) | Q(description__icontains=word))
        return rows


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
    max_input_bytes = models.PositiveIntegerField(null=True, blank=True, help_text="Of the input as compact JSON.")
    max_output_bytes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of its service's answer, unpacked; empty: the usual limit."
    )
    max_output_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="What an answer is cut to, by the estimate; empty: it is not cut."
    )
    concurrency = models.JSONField(null=True, blank=True, help_text='Calls at the same time, e.g. {"most": 5}.')
    quota = models.JSONField(null=True, blank=True, help_text='Calls per day and month (UTC), e.g. {"per_day": 1000}.')
    artifact_threshold_bytes = models.PositiveIntegerField(
        null=True, blank=True, help_text="A longer answer becomes an artifact; empty: the installation's threshold."
    )
    artifact_ttl_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long an artifact is kept; empty: as long as the tenant's others."
    )
    meanwhile = models.CharField(
        max_length=500, blank=True, help_text="What an agent may say while a call of it takes its time."
    )
    cache_epoch = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts how often its cached answers were thrown away."
    )
    redaction = models.JSONField(
        default=dict,
        blank=True,
        help_text="What becomes of secrets and personal data, where it is not as the tenant's policy says.",
    )
    breaker = models.JSONField(
        null=True, blank=True, help_text='When its circuit opens, e.g. {"minimum_calls": 20, "failure_rate": 0.5}.'
    )
    connection = models.ForeignKey(
        Connection,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="What its calls go out with; empty: the default connection of its connector.",
    )
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

    @property
    def breaker_settings(self) -> BreakerSettings:
        return settings_of(self.breaker)


class TenantTool(models.Model):
    """A tenant's own settings for a tool that all tenants share."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="tenant_settings")
    enabled = models.BooleanField(default=True)
    rate_limit = models.JSONField(null=True, blank=True, validators=[validate_rate_limit])
    concurrency = models.JSONField(null=True, blank=True, validators=[validate_concurrency])
    quota = models.JSONField(null=True, blank=True, validators=[validate_quota])
    cache_epoch = models.PositiveIntegerField(default=0, editable=False)
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version_range = models.CharField(max_length=100, blank=True, help_text="Pins the tool, e.g. ^1.2.")

    objects = TenantManager["TenantTool"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "tool"], name="tenant_tool_once")]
