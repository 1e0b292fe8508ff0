from django.db import models
from django.db.models import Q

from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.limits import LONGEST_NAMESPACE
from memory.models.embedding import EmbeddingModel


class MemoryCount(models.Model):
    """How many memories a namespace holds: rows that add up, since writers would wait for a shared one.

    Triggers insert them with the change that they count; `memory/indexes/counts.py` makes several one.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    namespace = models.CharField(max_length=LONGEST_NAMESPACE, db_collation="C")
    model = models.ForeignKey(
        EmbeddingModel,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="Null: memories that are not deleted; else vectors of this model that are ready.",
    )
    number = models.BigIntegerField(help_text="To be added; it may be below zero.")
    is_folded = models.BooleanField(db_default=False, help_text="A sum of others, the one of its namespace and model.")

    objects = TenantManager["MemoryCount"]()

    class Meta:
        indexes = [
            models.Index(fields=["tenant", "model", "namespace"], include=["number"], name="memory_count_scope"),
            models.Index(fields=["id"], condition=Q(is_folded=False), name="memory_count_to_fold"),
        ]
