from django.db import models

from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.models.embedding import EmbeddingModel


class RecallSample(models.Model):
    """A search that an index answered and that was answered exactly afterwards. What was asked is not kept."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField(auto_now_add=True)
    model = models.ForeignKey(
        EmbeddingModel, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    route = models.CharField(max_length=16)
    index = models.CharField(max_length=16, help_text="`own` or `shared`.")
    wanted = models.PositiveSmallIntegerField(help_text="How many vectors were asked for.")
    found = models.PositiveSmallIntegerField(help_text="How many the index gave.")
    recall = models.FloatField(help_text="The share of the nearest vectors that it gave, from 0 to 1.")
    ann_ms = models.FloatField()
    exact_ms = models.FloatField()

    objects = TenantManager["RecallSample"]()

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["tenant", "at"], name="recall_sample_by_tenant"),
            models.Index(fields=["at"], name="recall_sample_old"),
        ]
