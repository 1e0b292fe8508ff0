from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from integrations.models.connection import Connection


class CredentialState(models.TextChoices):
    CURRENT = "current"
    PREVIOUS = "previous"
    """Rotated away, and kept until `valid_until`, so that a rotation can be taken back."""


class Credential(models.Model):
    """The sealed secret inside a connection: what was entered, and the token that was got with it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="credentials")
    secret = models.BinaryField(editable=False, help_text="Sealed: the secret fields as a JSON object.")
    token = models.BinaryField(null=True, editable=False, help_text="Sealed: access and refresh token.")
    token_version = models.PositiveIntegerField(default=0, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False, help_text="Of the access token; null: never.")
    refresh_expires_at = models.DateTimeField(null=True, editable=False)
    refreshed_at = models.DateTimeField(null=True, editable=False)
    ends_at = models.DateTimeField(
        null=True, editable=False, help_text="When it cannot be renewed any more; null: nobody knows of such a time."
    )
    foretold = models.DateTimeField(null=True, editable=False, help_text="The end that was told of beforehand.")
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Refreshes that failed in a row.")
    cool_until = models.DateTimeField(null=True, editable=False, help_text="Nobody asks for a token before.")
    claimed_until = models.DateTimeField(
        null=True, editable=False, help_text="Somebody is asking for a token, until then at most."
    )
    state = models.CharField(max_length=16, choices=CredentialState.choices, default=CredentialState.CURRENT)
    valid_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["Credential"]()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=Q(state="current"), name="credential_current_once"
            ),
            models.CheckConstraint(condition=Q(state__in=CredentialState.values), name="credential_state_known"),
        ]
        indexes = [
            models.Index(fields=["valid_until"], condition=Q(state="previous"), name="credential_previous"),
            models.Index(fields=["ends_at"], condition=Q(ends_at__isnull=False), name="credential_ends"),
        ]
