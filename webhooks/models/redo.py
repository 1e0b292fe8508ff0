from django.db import models

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class RedoKind(models.TextChoices):
    REPLAY = "replay"
    """Events are routed again."""
    REDRIVE = "redrive"
    """Dead letters wait for an attempt again."""


class WebhookRedo(models.Model):
    """Somebody had events replayed, or dead letters redriven: once per Idempotency-Key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    actor = models.CharField(max_length=100, help_text="As the audit trail names them.")
    kind = models.CharField(max_length=16, choices=RedoKind.choices)
    asked = models.JSONField(help_text="Which ones: ids, or a filter.")
    count = models.PositiveIntegerField(default=0, help_text="How many there were.")
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001  many have none
    request_digest = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["WebhookRedo"]()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "actor", "idempotency_key"], name="webhook_redo_once"),
        ]
