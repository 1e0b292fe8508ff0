from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models.limits import validate_concurrency, validate_quota, validate_rate_limit
from accounts.models.tenant import Tenant, slug_validator
from accounts.roles import Role
from accounts.tenancy import TenantManager


class Agent(models.Model):
    """A program that calls tools."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="agents")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    name = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.OPERATOR)
    provider = models.CharField(
        max_length=64,
        blank=True,
        help_text="The runtime this agent runs in: claude_code, anthropic, openai, …",
    )
    rate_limit = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_rate_limit],
        help_text='For all calls of this agent, e.g. {"per_minute": 60, "burst": 10}.',
    )
    concurrency = models.JSONField(
        null=True, blank=True, validators=[validate_concurrency], help_text='Calls at the same time, e.g. {"most": 5}.'
    )
    quota = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_quota],
        help_text='Calls per day and month (UTC), e.g. {"per_day": 1000}.',
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["Agent"]()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "slug"], name="agent_slug_once_per_tenant"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="agent_role_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.slug


class ApiKey(models.Model):
    """What an agent shows at the door. Only the SHA-256 of it is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, editable=False, help_text="The key's first letters, to tell keys apart.")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    allowed_networks = models.JSONField(
        default=list, blank=True, help_text='Where the key may be used, e.g. ["203.0.113.0/24"]; empty: anywhere.'
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    rotated_from = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["ApiKey"]()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "name"], condition=Q(revoked_at=None), name="key_name_once_per_agent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_usable(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)
