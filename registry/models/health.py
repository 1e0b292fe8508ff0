from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import Tenant
from accounts.tenancy import SharedManager
from registry.models.health_status import HealthStatus
from registry.models.tool import Tool

__all__ = ["HealthStatus", "ToolHealth"]


class ToolHealthQuerySet(models.QuerySet["ToolHealth"]):
    def due_for_probe(self, at: datetime) -> "ToolHealthQuerySet":
        return self.filter(probe_at__lte=at)


class ToolHealth(models.Model):
    """A tool's health, apart from the tool because it changes often: heartbeats do not touch the catalogue."""

    tool = models.OneToOneField(Tool, primary_key=True, on_delete=models.CASCADE, related_name="health")
    tenant = models.ForeignKey(Tenant, null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    status = models.CharField(max_length=16, choices=HealthStatus.choices, default=HealthStatus.UNKNOWN)
    last_heartbeat = models.DateTimeField(null=True)
    stale_at = models.DateTimeField(null=True, help_text="When it turns stale unless a heartbeat comes first.")
    retire_at = models.DateTimeField(null=True, help_text="When it is retired unless a heartbeat comes first.")
    probe_at = models.DateTimeField(null=True, help_text="When its health endpoint is asked next; null: it has none.")
    detail = models.CharField(max_length=500, blank=True, help_text="Why it is failing, for people.")
    changed_at = models.DateTimeField(auto_now_add=True)

    objects = SharedManager.from_queryset(ToolHealthQuerySet)()

    class Meta:
        verbose_name_plural = "tool health"
        constraints = [models.CheckConstraint(condition=Q(status__in=HealthStatus.values), name="health_status_known")]
        # None on what every heartbeat changes: without one PostgreSQL updates in place (HOT), and the sweep reads the
        # narrow rows of 100,000 tools in milliseconds.
        indexes = [
            models.Index(fields=["retire_at"], condition=Q(retire_at__isnull=False), name="health_retiring"),
            models.Index(fields=["probe_at"], condition=Q(probe_at__isnull=False), name="health_probe_due"),
        ]

    def __str__(self) -> str:
        return self.status

    def status_at(self, at: datetime) -> HealthStatus:
        """The status, as it is also before a sweep has noticed that a heartbeat is overdue."""
        overdue = self.stale_at is not None and self.stale_at <= at
        return HealthStatus.STALE if self.status == HealthStatus.HEALTHY and overdue else HealthStatus(self.status)
