from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.intervals import Intervals, condition
from memory.limits import LONGEST_END_USER, LONGEST_KIND, LONGEST_NAMESPACE, LONGEST_SOURCE, LONGEST_TAG

SEARCH_LANGUAGE = "english"
"""PostgreSQL's configuration that contents and questions are split into words with."""


class Trust(models.TextChoices):
    """How far what a memory says can be relied on. It goes with the memory wherever that is recalled."""

    TRUSTED = "trusted"
    """A person of the tenant said so."""
    AGENT = "agent"
    """An agent found it out by itself."""
    UNTRUSTED = "untrusted"
    """It comes from outside: a page, a mail, a tool's answer, an import. Whoever recalls it is told."""


class MemoryQuerySet(models.QuerySet["Memory"]):
    def there(self) -> "MemoryQuerySet":
        """Neither deleted nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), deleted_at=None)

    def deleted(self) -> "MemoryQuerySet":
        return self.exclude(deleted_at=None)

    def in_namespaces(self, intervals: Intervals) -> "MemoryQuerySet":
        return self.filter(condition(intervals))

    def valid_at(self, moment: datetime) -> "MemoryQuerySet":
        """Those whose time it was."""
        begun = Q(valid_from=None) | Q(valid_from__lte=moment)
        return self.filter(begun, Q(valid_to=None) | Q(valid_to__gt=moment))


class MemoryManager(TenantManager.from_queryset(MemoryQuerySet)):  # type: ignore[misc]
    """Without the words that searches are answered from: nobody reads them, and they are half of a row."""

    def get_queryset(self) -> MemoryQuerySet:
        rows: MemoryQuerySet = super().get_queryset().defer("words")
        return rows


class Memory(models.Model):
    """Something that agents are to remember. Its vectors are apart, in MemoryEmbedding."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_index=False)
    namespace = models.CharField(max_length=LONGEST_NAMESPACE, db_collation="C")
    kind = models.CharField(max_length=LONGEST_KIND, default="fact", help_text="What sort it is: a word of your own.")
    content = models.TextField()
    content_digest = models.BinaryField(editable=False, help_text="SHA-256: what a namespace holds once.")
    metadata = models.JSONField(default=dict, blank=True)
    tags = ArrayField(models.CharField(max_length=LONGEST_TAG), default=list, blank=True)
    source = models.CharField(max_length=LONGEST_SOURCE, blank=True, help_text="Where it comes from, in your words.")
    trust = models.CharField(max_length=16, choices=Trust.choices)
    end_user = models.CharField(
        max_length=LONGEST_END_USER, blank=True, help_text="Whom it is about, as you name them."
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text="When what it says began to be so.")
    valid_to = models.DateTimeField(null=True, blank=True, help_text="When it ceased to be so.")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="From then on nobody finds it.")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=100, editable=False, help_text="As the audit trail names them.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.CharField(max_length=100, blank=True, editable=False)
    deletion_id = models.UUIDField(null=True, editable=False, help_text="What was deleted with it has the same.")
    words = models.GeneratedField(
        expression=SearchVector("content", config=SEARCH_LANGUAGE),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    is_redacted = False
    """Whether something was masked in the write that this object comes from."""

    objects = MemoryManager()

    class Meta:
        verbose_name_plural = "memories"
        ordering = ["-id"]
        constraints = [
            # What links, vectors and versions refer to: both ends are of one tenant.
            models.UniqueConstraint(fields=["tenant", "id"], name="memory_in_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "namespace", "content_digest"],
                condition=Q(deleted_at=None),
                name="memory_once_in_namespace",
            ),
            models.CheckConstraint(condition=Q(namespace__endswith="/"), name="memory_namespace_ends"),
            models.CheckConstraint(condition=Q(trust__in=Trust.values), name="memory_trust_known"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_from__lt=F("valid_to")),
                name="memory_valid_from_before_to",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "namespace", "id"], condition=Q(deleted_at=None), name="memory_listed"),
            models.Index(fields=["tenant", "id"], condition=~Q(deleted_at=None), name="memory_deleted"),
            models.Index(
                fields=["tenant", "deletion_id"], condition=~Q(deletion_id=None), name="memory_deleted_together"
            ),
            models.Index(fields=["tenant", "end_user", "id"], condition=~Q(end_user=""), name="memory_by_end_user"),
            models.Index(fields=["expires_at"], condition=Q(deleted_at=None), name="memory_expiring"),
            models.Index(fields=["deleted_at"], condition=~Q(deleted_at=None), name="memory_to_purge"),
            GinIndex(fields=["words"], condition=Q(deleted_at=None), name="memory_words"),
            GinIndex(fields=["tags"], condition=Q(deleted_at=None), name="memory_tags"),
            GinIndex(
                fields=["metadata"],
                opclasses=["jsonb_path_ops"],
                condition=Q(deleted_at=None),
                name="memory_metadata",
            ),
        ]

    def __str__(self) -> str:
        return self.content[:80]
