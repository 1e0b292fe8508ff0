from django.db import models

from accounts.ids import new_id
from accounts.models import Person, Tenant
from accounts.tenancy import TenantManager
from integrations.models.connect_link import ConnectLink
from integrations.models.connection import Connection


class OAuthApp(models.Model):
    """What a tenant registered with a vendor, so that people can be sent there: a client id and its sealed secret."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    connector = models.CharField(max_length=64)
    client_id = models.CharField(max_length=500)
    client_secret = models.BinaryField(editable=False, help_text="Sealed; of a public client the sealed empty text.")
    addresses = models.JSONField(default=list, editable=False, help_text="Where it may be shown, as was registered.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager["OAuthApp"]()

    class Meta:
        ordering = ["connector"]
        constraints = [models.UniqueConstraint(fields=["tenant", "connector"], name="oauth_app_once")]


class OAuthFlow(models.Model):
    """Somebody who was sent to a vendor and has to come back: once, with the state that only they were given."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(
        Person, null=True, on_delete=models.CASCADE, related_name="+", help_text="Null: an end user."
    )
    state_digest = models.BinaryField(unique=True, editable=False, help_text="SHA-256 of the state.")
    browser_digest = models.BinaryField(editable=False, help_text="SHA-256 of what its browser has to bring back.")
    verifier = models.BinaryField(editable=False, help_text="Sealed: of PKCE (RFC 7636).")
    auth = models.CharField(max_length=64, help_text="Which of the connector's ways.")
    scopes = models.JSONField(default=list, help_text="What was asked for.")
    redirect_uri = models.CharField(max_length=2000, help_text="Where the vendor sends them back to.")
    link = models.ForeignKey(ConnectLink, null=True, on_delete=models.CASCADE, related_name="+")
    return_to = models.CharField(max_length=2000, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["OAuthFlow"]()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["expires_at"], name="oauth_flow_expiry")]
