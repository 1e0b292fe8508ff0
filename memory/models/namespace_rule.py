from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.tenancy import TenantManager
from memory.limits import LONGEST_NAMESPACE


class Access(models.TextChoices):
    NONE = "none"
    READ = "read"
    WRITE = "write"
    """Read, too."""


class NamespaceRule(models.Model):
    """What agents may do in a namespace and all below it. The longest path that fits decides.

    Where none fits, whoever's role may call tools may write, and whoever's role may read may read.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey(
        Agent, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="Empty: every agent."
    )
    namespace = models.CharField(
        max_length=LONGEST_NAMESPACE, blank=True, db_collation="C", help_text="With all below it; empty: everywhere."
    )
    access = models.CharField(max_length=8, choices=Access.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantManager["NamespaceRule"]()

    class Meta:
        ordering = ["namespace", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agent", "namespace"], name="namespace_rule_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(access__in=Access.values), name="namespace_rule_access_known"),
        ]

    def __str__(self) -> str:
        return f"{self.namespace or '/'}: {self.access}"
