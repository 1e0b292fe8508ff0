from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.models.limits import validate_rate_limit
from accounts.models.tenant import slug_validator
from accounts.tenancy import TenantManager


class SourceState(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"
    """Takes and keeps events, and routes them when it is resumed."""
    DISABLED = "disabled"
    """Refuses what comes."""


class WebhookSourceQuerySet(models.QuerySet["WebhookSource"]):
    def living(self) -> "WebhookSourceQuerySet":
        return self.filter(deleted_at=None)


class WebhookSource(models.Model):
    """Where a SaaS platform posts its events: an address of its own, and how to know that it is them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    name = models.CharField(max_length=200)
    scheme = models.CharField(max_length=64, help_text="How its requests are signed: a file of webhooks/schemes/.")
    settings = models.JSONField(default=dict, blank=True, help_text="What the scheme needs to know besides secrets.")
    sealed_settings = models.BinaryField(
        null=True, editable=False, help_text="Sealed: those of them that nobody may read again, as JSON."
    )
    unsigned = models.BooleanField(default=False, help_text="Declared by hand: anybody may post to it.")
    token_digest = models.BinaryField(unique=True, editable=False, help_text="SHA-256 of the token in its address.")
    sealed_token = models.BinaryField(editable=False, help_text="Sealed, so that its address can be shown again.")
    public_url = models.CharField(
        max_length=2000, blank=True, help_text="Its address as the platform knows it, where that is another one."
    )
    state = models.CharField(max_length=16, choices=SourceState.choices, default=SourceState.ACTIVE)
    max_body_bytes = models.PositiveIntegerField(default=1_000_000)
    rate_limit = models.JSONField(
        null=True, blank=True, validators=[validate_rate_limit], help_text='E.g. {"per_minute": 600, "burst": 100}.'
    )
    allowed_networks = models.JSONField(default=list, blank=True, help_text="Where it may come from; empty: anywhere.")
    event_id_at = models.CharField(max_length=500, blank=True, help_text="Instead of where the scheme says.")
    event_type_at = models.CharField(max_length=500, blank=True, help_text="Instead of where the scheme says.")
    retention_days = models.PositiveIntegerField(default=30, help_text="How long what came is kept whole.")
    last_event_at = models.DateTimeField(null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(WebhookSourceQuerySet)()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"], condition=Q(deleted_at=None), name="webhook_source_slug_once"
            ),
            models.CheckConstraint(condition=Q(state__in=SourceState.values), name="webhook_source_state_known"),
        ]

    def __str__(self) -> str:
        return self.slug


class WebhookSecret(models.Model):
    """One of a source's active secrets; any of them may have signed a request."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(WebhookSource, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField(editable=False)
    delivered = models.BooleanField(default=False, editable=False, help_text="It came with a handshake.")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Null: until it is taken away.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["WebhookSecret"]()

    class Meta:
        ordering = ["-created_at"]
