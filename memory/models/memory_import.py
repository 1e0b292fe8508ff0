from django.db import models
from django.db.models import F, Q

from accounts.models import Tenant
from accounts.tenancy import TenantManager
from memory.limits import LONGEST_NAMESPACE
from memory.models.bulk import UNENDED, Bulk
from memory.models.memory import Trust
from memory.namespaces import DEFAULT_NAMESPACE


class MemoryImportQuerySet(models.QuerySet["MemoryImport"]):
    def unended(self) -> "MemoryImportQuerySet":
        return self.filter(status__in=UNENDED)


class MemoryImport(Bulk):
    """Lines that are to become memories. They lie sealed in the storage for artifacts until a week after its end.

    `line` and `position` advance in the transaction that writes what the lines before them became.
    """

    namespace = models.CharField(
        max_length=LONGEST_NAMESPACE, default=DEFAULT_NAMESPACE, db_collation="C", help_text="Of lines that name none."
    )
    trust = models.CharField(
        max_length=16, choices=Trust.choices, default=Trust.UNTRUSTED, help_text="Of lines that say nothing of it."
    )
    size = models.BigIntegerField(help_text="Bytes of the lines.")
    sha256 = models.CharField(max_length=64, help_text="Of the lines, in hexadecimal.")
    total_lines = models.BigIntegerField()
    storage_name = models.CharField(max_length=120, blank=True, help_text="Empty: the lines were removed.")
    sealed_head = models.BinaryField(max_length=5)
    sealed_key = models.BinaryField(default=b"", help_text="The lines' key, sealed; empty once they are removed.")
    line = models.BigIntegerField(default=0, help_text="Lines that are done.")
    position = models.BigIntegerField(default=0, help_text="Bytes that are done.")
    created = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    blank = models.BigIntegerField(default=0, help_text="Lines without anything.")

    objects = TenantManager.from_queryset(MemoryImportQuerySet)()

    class Meta(Bulk.Meta):
        ordering = ["-id"]
        constraints = [
            *Bulk.Meta.constraints,
            models.CheckConstraint(
                condition=Q(line=F("created") + F("duplicates") + F("refused") + F("blank")),
                name="memoryimport_every_line_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total_lines:,} lines"


class ImportFault(models.Model):
    """Why a line was refused. The first of an import are kept, the rest counted."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    memory_import = models.ForeignKey(MemoryImport, on_delete=models.CASCADE, db_index=False, related_name="faults")
    line = models.BigIntegerField(help_text="Counted from 1.")
    path = models.CharField(max_length=200, help_text="Where in the line: `$.content`.")
    message = models.TextField(help_text="A sentence that says what would be right.")

    objects = TenantManager["ImportFault"]()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["memory_import", "id"], name="memory_import_faults")]
