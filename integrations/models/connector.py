from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.models.tenant import slug_validator
from accounts.tenancy import TenantManager
from integrations.models.ordered_json import OrderedJSONField


class ImportedConnector(models.Model):
    """A service that a tenant wrote down or imported, in the form that the shipped ones have as files."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    slug = models.CharField(max_length=64, validators=[slug_validator])
    document = OrderedJSONField(help_text="What `connector.yaml` and `actions.yaml` hold of a shipped one.")
    source = models.CharField(max_length=16, help_text="openapi or yaml.")
    origin = models.CharField(max_length=2000, blank=True, help_text="Where it was read from.")
    revision = models.PositiveIntegerField(default=1, help_text="Counts its imports.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager["ImportedConnector"]()

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["tenant", "slug"], name="imported_connector_once")]


class ImportState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


UNENDED = (ImportState.WAITING, ImportState.RUNNING)


class ConnectorImportQuerySet(models.QuerySet["ConnectorImport"]):
    def unended(self) -> "ConnectorImportQuerySet":
        return self.filter(state__in=UNENDED)

    def due(self, silent_since: datetime) -> "ConnectorImportQuerySet":
        """Those that nobody has begun, or whose process was last heard of before that."""
        return self.filter(
            Q(state=ImportState.WAITING) | Q(state=ImportState.RUNNING, noted_at__lt=silent_since), state__in=UNENDED
        )


class ConnectorImport(models.Model):
    """One import: what was handed in, how far it is, and what came of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    connector = models.CharField(max_length=64, validators=[slug_validator])
    origin = models.CharField(max_length=2000, blank=True)
    content = models.BinaryField(null=True, editable=False, help_text="Compressed; gone when the import has ended.")
    state = models.CharField(max_length=16, choices=ImportState.choices, default=ImportState.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict, help_text="What became an action, what was skipped, and why.")
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Processes that have begun it.")
    actor = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    noted_at = models.DateTimeField(auto_now=True, help_text="When its process was last heard of.")
    finished_at = models.DateTimeField(null=True)

    objects = TenantManager.from_queryset(ConnectorImportQuerySet)()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["noted_at"], condition=Q(state__in=["waiting", "running"]), name="connector_import_unended"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="connector_import_state_known")
        ]

    def __str__(self) -> str:
        return self.connector
