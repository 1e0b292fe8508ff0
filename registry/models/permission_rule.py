from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.decisions import Decision
from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager

TOOL_LISTS = ("tools", "categories", "capabilities", "connectors", "node_types", "permissions")
CALLER_LISTS = ("agents", "roles", "providers")


class PermissionRuleQuerySet(models.QuerySet["PermissionRule"]):
    def in_force(self, at: datetime) -> "PermissionRuleQuerySet":
        """Those that count now or may count until they are changed: switched on and not expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), enabled=True)


class PermissionRule(models.Model):
    """Which calls are allowed, asked about or denied. Everything that it names must match; an empty list names nothing.

    Several entries of one list are alternatives. `registry/permissions/` says what they mean.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    name = models.CharField(max_length=100)
    effect = models.CharField(max_length=8, choices=Decision.choices)
    tools = models.JSONField(default=list, blank=True, help_text='Slugs with wildcards, e.g. ["crm-*"].')
    categories = models.JSONField(default=list, blank=True)
    capabilities = models.JSONField(
        default=list, blank=True, help_text="A tool's capability, or one of its operations."
    )
    connectors = models.JSONField(default=list, blank=True)
    node_types = models.JSONField(default=list, blank=True)
    permissions = models.JSONField(default=list, blank=True, help_text='What a version does, e.g. ["destructive"].')
    agents = models.JSONField(default=list, blank=True, help_text="Slugs.")
    roles = models.JSONField(default=list, blank=True)
    providers = models.JSONField(default=list, blank=True)
    conditions = models.JSONField(
        default=list, blank=True, help_text='E.g. [{"path": "$.amount", "op": "gt", "value": 1000}].'
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    note = models.TextField(blank=True, help_text="Why it is there.")
    created_by = models.CharField(max_length=120, editable=False, help_text="As the audit trail names actors.")
    approval_id = models.UUIDField(null=True, editable=False, help_text="The approval that it remembers.")
    answers_id = models.UUIDField(
        null=True, editable=False, help_text="The rule whose question it answers: where both match, nobody is asked."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantManager.from_queryset(PermissionRuleQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(effect__in=Decision.values), name="rule_effect_known"),
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="rule_by_tenant")]

    def __str__(self) -> str:
        return self.name
