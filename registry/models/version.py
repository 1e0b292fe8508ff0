from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.fields.json import KT

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import SharedManager
from registry.models.tool import Tool

# https://semver.org, its suggested regular expression without the named groups.
SEMVER_PATTERN = (
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-((0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(\+([0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*))?$"
)
_NOT_HTTP = '$.* ? (@.type() != "string" || !(@ like_regex "^https?://"))'


class VersionState(models.TextChoices):
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class JsonPathExists(Func):
    function = "jsonb_path_exists"
    output_field = models.BooleanField()


class ToolVersionQuerySet(models.QuerySet["ToolVersion"]):
    def with_operation(self, operation: str) -> "ToolVersionQuerySet":
        """Those that have an endpoint of this name."""
        return self.filter(endpoints__has_key=operation)


class ToolVersion(models.Model):
    """How a tool is called: immutable from the moment it is published, but for its state."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=64)
    input_schema = models.JSONField(default=dict, blank=True)
    output_schema = models.JSONField(null=True, blank=True)
    response_mapping = models.TextField(
        blank=True, help_text="JMESPath: what is made of the service's answer before it is checked; empty: nothing."
    )
    transport = models.CharField(max_length=32)
    definition = models.JSONField(default=dict, blank=True)
    endpoints = models.JSONField(default=dict, blank=True, help_text='E.g. {"stamp": "https://example.com/stamp"}.')
    permissions = models.JSONField(default=list, blank=True, help_text='What it does, e.g. ["network", "destructive"].')
    system_prompt = models.TextField(blank=True)
    timeout_ms = models.PositiveIntegerField(default=30_000)
    retries = models.JSONField(default=dict, blank=True, help_text='E.g. {"attempts": 3}.')
    idempotent = models.BooleanField(default=False, help_text="Calling it twice does no more than calling it once.")
    read_only = models.BooleanField(default=False, help_text="It changes nothing.")
    cache_seconds = models.PositiveIntegerField(default=0, help_text="How long an answer may be reused; 0: never.")
    state = models.CharField(max_length=16, choices=VersionState.choices, default=VersionState.PUBLISHED)
    sunset_at = models.DateTimeField(null=True, blank=True, help_text="When a deprecated version will be retired.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SharedManager.from_queryset(ToolVersionQuerySet)()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["tool", "version"], name="version_once_per_tool"),
            models.CheckConstraint(condition=Q(version__regex=SEMVER_PATTERN), name="version_semver"),
            models.CheckConstraint(condition=Q(state__in=VersionState.values), name="version_state_known"),
            models.CheckConstraint(
                condition=Q(
                    JsonPathExists("endpoints", Value(_NOT_HTTP, models.CharField()), function="NOT jsonb_path_exists")
                ),
                name="version_endpoints_http",
            ),
            models.CheckConstraint(condition=Q(timeout_ms__gt=0), name="version_timeout_positive"),
        ]
        indexes = [
            GinIndex(fields=["endpoints"], name="version_endpoints"),
            models.Index(KT("definition__connector"), name="version_by_connector"),
            models.Index(fields=["sunset_at"], condition=Q(state=VersionState.DEPRECATED), name="version_sunsets"),
        ]

    def __str__(self) -> str:
        return self.version
