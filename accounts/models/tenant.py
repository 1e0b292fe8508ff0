from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from accounts.approval_time import LONGEST_APPROVAL_SECONDS, SHORTEST_APPROVAL_SECONDS
from accounts.decisions import Decision
from accounts.ids import new_id
from accounts.models.limits import validate_concurrency, validate_quota, validate_rate_limit
from accounts.tenancy import current_scope

SLUG_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"
slug_validator = RegexValidator(
    SLUG_PATTERN, "Use 1 to 64 lower-case letters, digits and dashes; start and end with a letter or digit."
)
SHORTEST_ARTIFACT_SECONDS = 60
LONGEST_ARTIFACT_SECONDS = 365 * 24 * 3600


class TenantTableManager(models.Manager["Tenant"]):
    """The scope's own tenant, or all of them for the platform."""

    def get_queryset(self) -> models.QuerySet["Tenant"]:
        tenant_id = current_scope().tenant_id
        rows = super().get_queryset()
        return rows if tenant_id is None else rows.filter(id=tenant_id)


class Tenant(models.Model):
    """One customer: its people, agents, tools, executions and memories, apart from all others."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.CharField(max_length=64, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=200)
    generation = models.BigIntegerField(
        default=1,
        editable=False,
        help_text="Counts the changes that processes must notice; see Caching in the map.",
    )
    rate_limit = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_rate_limit],
        help_text='For all calls of the tenant together, e.g. {"per_minute": 600, "burst": 50}.',
    )
    concurrency = models.JSONField(
        null=True, blank=True, validators=[validate_concurrency], help_text='Calls at the same time, e.g. {"most": 50}.'
    )
    quota = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_quota],
        help_text='Calls per day and month (UTC), e.g. {"per_day": 10000}.',
    )
    egress_networks = models.JSONField(
        null=True,
        blank=True,
        help_text="Which of the operator's EGRESS_ALLOW_NETWORKS this tenant may reach; null: all of them, []: none.",
    )
    approval_expires_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(SHORTEST_APPROVAL_SECONDS), MaxValueValidator(LONGEST_APPROVAL_SECONDS)],
        help_text="How long people have to decide about a call; empty: APPROVAL_EXPIRES_SECONDS.",
    )
    default_decision = models.CharField(
        max_length=8,
        choices=Decision.choices,
        default=Decision.ALLOW,
        help_text="What becomes of a call that no permission rule matches.",
    )
    destructive_decision = models.CharField(
        max_length=8,
        choices=Decision.choices,
        default=Decision.DENY,
        help_text="The same for versions whose permissions include `destructive`.",
    )
    allowed_networks = models.JSONField(
        default=list,
        blank=True,
        help_text='Where people and agents may come from, e.g. ["203.0.113.0/24"]; empty: anywhere.',
    )
    artifact_quota_bytes = models.BigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="How much its artifacts may take together; empty: ARTIFACT_QUOTA_BYTES.",
    )
    artifact_ttl_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(SHORTEST_ARTIFACT_SECONDS), MaxValueValidator(LONGEST_ARTIFACT_SECONDS)],
        help_text="How long an artifact is kept; empty: ARTIFACT_TTL_SECONDS.",
    )
    redaction = models.JSONField(
        default=dict,
        blank=True,
        help_text='What becomes of secrets and personal data, e.g. {"stored": {"email": "hash"}}.',
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantTableManager()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(condition=Q(default_decision__in=Decision.values), name="tenant_default_known"),
            models.CheckConstraint(
                condition=Q(destructive_decision__in=Decision.values), name="tenant_destructive_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
