from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.models.tenant import slug_validator
from accounts.tenancy import TenantManager


class ConnectionState(models.TextChoices):
    PENDING = "pending"
    """Its person has not come back from the vendor yet."""
    ACTIVE = "active"
    EXPIRED = "expired"
    """The vendor takes its credential no more: somebody has to connect it again."""
    DISCONNECTED = "disconnected"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def living(self) -> "ConnectionQuerySet":
        return self.exclude(state=ConnectionState.DISCONNECTED)


class Connection(models.Model):
    """A tenant's, or an end user's, account with an outside service."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    name = models.CharField(max_length=200)
    connector = models.CharField(max_length=64, help_text="The connector's slug.")
    auth = models.CharField(max_length=64, help_text="Which of the connector's ways to prove who calls.")
    end_user = models.CharField(
        max_length=200, blank=True, help_text="Whose account it is, in the tenant's own words; empty: the tenant's."
    )
    variables = models.JSONField(default=dict, blank=True, help_text="Parts of the base URL.")
    origins = models.JSONField(default=list, editable=False, help_text="To whom its secrets may be told.")
    scopes = models.JSONField(default=list, blank=True, help_text="What was granted, as far as the vendor says.")
    account = models.CharField(max_length=300, blank=True, help_text="What the vendor calls the account.")
    is_default = models.BooleanField(default=False, help_text="For tools of its connector that name none.")
    state = models.CharField(max_length=16, choices=ConnectionState.choices, default=ConnectionState.PENDING)
    reason = models.TextField(blank=True, help_text="Why it is in that state, in the vendor's words.")
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(ConnectionQuerySet)()

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"], condition=~Q(state="disconnected"), name="connection_slug_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "connector", "end_user"],
                condition=~Q(state="disconnected") & ~Q(end_user=""),
                name="connection_end_user_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "connector"],
                condition=~Q(state="disconnected") & Q(is_default=True),
                name="connection_default_once",
            ),
            models.CheckConstraint(condition=Q(state__in=ConnectionState.values), name="connection_state_known"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(end_user=""), name="connection_default_is_the_tenants"
            ),
        ]

    def __str__(self) -> str:
        return self.slug
