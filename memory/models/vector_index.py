from django.db import models
from django.db.models import Q

from accounts.models import Tenant
from memory.models.embedding import EmbeddingModel


class IndexState(models.TextChoices):
    WAITING = "waiting"
    """There are enough vectors. It is built once their number stands still, or after a while."""
    BUILDING = "building"
    READY = "ready"
    """Searches may use it. It stays ready while it is built anew."""
    DROPPING = "dropping"
    """No search begins to use it; it is removed once those that did are gone."""
    FAILED = "failed"
    """It could not be built; `detail` says why. It is tried again later."""


class VectorIndex(models.Model):
    """An index of PostgreSQL over vectors of one model: those of one tenant, or of all.

    The installation's, as EmbeddingModel is: searches ask it which index there is, `memory/indexes/` builds them.
    """

    name = models.CharField(max_length=63, unique=True, help_text="In PostgreSQL.")
    model = models.ForeignKey(EmbeddingModel, on_delete=models.CASCADE, related_name="+", db_index=False)
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        help_text="Null: the vectors of all tenants.",
    )
    state = models.CharField(max_length=8, choices=IndexState.choices, default=IndexState.WAITING)
    rows = models.BigIntegerField(default=0, help_text="Vectors in it, as last counted.")
    rows_built = models.BigIntegerField(default=0, help_text="Vectors that it was last built over.")
    bytes = models.BigIntegerField(default=0)
    bytes_built = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="That the last building took.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="At building it, that failed since one succeeded.")
    detail = models.TextField(blank=True, help_text="Why the last building failed.")
    created_at = models.DateTimeField(auto_now_add=True)
    tried_at = models.DateTimeField(null=True, help_text="When the last building began.")
    built_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "vector indexes"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["model", "tenant"], name="vector_index_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(state__in=IndexState.values), name="vector_index_state_known"),
        ]

    def __str__(self) -> str:
        return self.name
