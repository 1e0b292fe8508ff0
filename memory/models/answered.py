from django.db import models

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class AnsweredRequest(models.Model):
    """What a request with an `Idempotency-Key` was answered, so that the same one again is answered the same."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    actor = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    answer = models.JSONField(null=True, help_text="Ids and words; null while it is being worked on.")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = TenantManager["AnsweredRequest"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "actor", "key"], name="memory_request_once")]
