from django.db import models

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class ConnectLink(models.Model):
    """An address under which one end user connects an account of theirs: once, in the browser that opens it first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    connector = models.CharField(max_length=64)
    auth = models.CharField(max_length=64, help_text="Which of the connector's ways.")
    variables = models.JSONField(default=dict)
    scopes = models.JSONField(default=list, help_text="Asked for besides the default ones.")
    end_user = models.CharField(max_length=200, help_text="Whose account it is, in the tenant's own words.")
    actor = models.CharField(max_length=100, help_text="Who made the link, as the audit trail names them.")
    token_digest = models.BinaryField(unique=True, editable=False, help_text="SHA-256 of what its address holds.")
    browser_digest = models.BinaryField(
        null=True, editable=False, help_text="SHA-256 of what the browser brings back that opened it first."
    )
    return_to = models.CharField(max_length=2000, blank=True, help_text="Where the end user goes on.")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["ConnectLink"]()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["expires_at"], name="connect_link_expiry")]
