from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import TenantManager


class ArtifactQuerySet(models.QuerySet["Artifact"]):
    def expired(self, at: datetime) -> "ArtifactQuerySet":
        return self.filter(expires_at__lte=at)

    def bytes_kept(self) -> int:
        """How much of the quota is used."""
        return self.aggregate(sum=models.Sum("size"))["sum"] or 0


class Artifact(models.Model):
    """The whole output of an execution whose row holds a part of it: kept sealed in a storage, for a while."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, db_index=False, related_name="+")
    # No foreign key: an execution's row is inserted in the same statement, and is never deleted before its artifact.
    execution_id = models.UUIDField(unique=True)
    media_type = models.CharField(max_length=130)
    is_text = models.BooleanField(help_text="UTF-8 with lines; otherwise bytes.")
    holds_secrets = models.BooleanField(
        default=False, help_text="Something of it is masked in the execution's row: not everybody may read it."
    )
    size = models.BigIntegerField(help_text="Bytes of the content, before sealing.")
    sha256 = models.CharField(max_length=64, help_text="Of the content, in hexadecimal.")
    tokens = models.BigIntegerField(null=True, help_text="The estimate; null for what is no text.")
    line_count = models.BigIntegerField(null=True)
    storage_name = models.CharField(max_length=100)
    sealed_head = models.BinaryField(max_length=5, help_text="How the content is sealed; it begins with that.")
    sealed_key = models.BinaryField(
        default=b"", db_default=b"", help_text="The content's key, sealed; empty where the data key has sealed it."
    )
    newlines_before = models.BinaryField(help_text="Line ends before each chunk, so that a line is found at once.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = TenantManager.from_queryset(ArtifactQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(size__gte=0), name="artifact_size_known")]
        indexes = [
            models.Index(fields=["tenant"], include=["size"], name="artifact_usage"),
            models.Index(fields=["expires_at"], name="artifact_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.media_type}, {self.size} bytes"
