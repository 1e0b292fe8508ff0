from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from pgvector.django import HalfVectorField

from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.intervals import Intervals, condition
from memory.limits import LONGEST_KIND, LONGEST_NAMESPACE
from memory.models.memory import Memory


class ModelState(models.TextChoices):
    BUILDING = "building"
    """What is written gets a vector of it, and what there was before gets one in the background."""
    ACTIVE = "active"
    """Searches use it. There is one at most."""
    RETIRED = "retired"
    """Another one took its place; its vectors are being removed."""


class EmbeddingModel(models.Model):
    """What makes texts into vectors. It is the installation's, not a tenant's; vectors of two are never compared."""

    name = models.CharField(max_length=120, unique=True, help_text="As `integrations/embedding/` names it.")
    dimensions = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=ModelState.choices)
    reached = models.UUIDField(null=True, editable=False, help_text="The last memory that was looked at, in building.")
    looked_at = models.BigIntegerField(default=0, editable=False, help_text="How many memories that was.")
    per_second = models.FloatField(null=True, editable=False, help_text="How fast that went of late.")
    lease_until = models.DateTimeField(null=True, editable=False)
    declined = models.CharField(
        max_length=120,
        blank=True,
        editable=False,
        help_text="Of the active one: the model that somebody cancelled, which the schedule does not begin again.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state=ModelState.ACTIVE), name="one_active_model"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=ModelState.BUILDING), name="one_building_model"
            ),
            models.CheckConstraint(condition=Q(state__in=ModelState.values), name="embedding_model_state_known"),
        ]

    def __str__(self) -> str:
        return self.name


class EmbeddingStatus(models.TextChoices):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    """Given up after several tries; `manage.py memory reembed --failed` tries again."""


class MemoryEmbeddingQuerySet(models.QuerySet["MemoryEmbedding"]):
    def ready(self) -> "MemoryEmbeddingQuerySet":
        return self.filter(status=EmbeddingStatus.READY)

    def pending(self) -> "MemoryEmbeddingQuerySet":
        return self.filter(status=EmbeddingStatus.PENDING)

    def failed(self) -> "MemoryEmbeddingQuerySet":
        return self.filter(status=EmbeddingStatus.FAILED)

    def due(self) -> "MemoryEmbeddingQuerySet":
        """Those that wait for a vector, and that nobody has in hand."""
        return self.pending().filter(due_at__lte=Now())

    def in_namespaces(self, intervals: Intervals) -> "MemoryEmbeddingQuerySet":
        return self.filter(condition(intervals))


class MemoryEmbedding(models.Model):
    """A memory's vector by one model: a narrow row, with copies of what searches ask for most.

    There is none of a deleted memory. The vector has no length in its type, since models differ: each index casts it.
    PostgreSQL keeps it in the row (STORAGE PLAIN), so that reading many of them reads them in order.
    """

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    memory = models.ForeignKey(
        Memory, on_delete=models.DO_NOTHING, related_name="embeddings", db_index=False, db_constraint=False
    )
    model = models.ForeignKey(EmbeddingModel, on_delete=models.PROTECT, related_name="+", db_index=False)
    namespace = models.CharField(max_length=LONGEST_NAMESPACE, db_collation="C")
    kind = models.CharField(max_length=LONGEST_KIND)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=EmbeddingStatus.choices, default=EmbeddingStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, help_text="A pending one always has it: not before then; a lease, too.")
    vector = HalfVectorField(null=True)

    objects = TenantManager.from_queryset(MemoryEmbeddingQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memory", "model"], name="memory_embedding_once"),
            models.CheckConstraint(
                condition=Q(status__in=EmbeddingStatus.values), name="memory_embedding_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status=EmbeddingStatus.READY, vector__isnull=False)
                | (~Q(status=EmbeddingStatus.READY) & Q(vector__isnull=True)),
                name="memory_embedding_ready_has_vector",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "model", "namespace"],
                condition=Q(status=EmbeddingStatus.READY),
                name="memory_embedding_scope",
            ),
            models.Index(
                fields=["tenant", "due_at"],
                condition=Q(status=EmbeddingStatus.PENDING),
                name="memory_embedding_pending",
            ),
            models.Index(fields=["model"], condition=Q(status=EmbeddingStatus.FAILED), name="memory_embedding_failed"),
        ]
