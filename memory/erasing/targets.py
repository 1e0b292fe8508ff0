"""Which rows an erasure is about, table by table. A table of memories that is not named here fails a test."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Collate

from memory.intervals import below, condition
from memory.models import (
    AnsweredRequest,
    Erased,
    ImportFault,
    Memory,
    MemoryCount,
    MemoryEmbedding,
    MemoryImport,
    MemoryLink,
    MemoryVersion,
    RecallSample,
)

OF_MEMORIES: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (MemoryEmbedding, ("memory",)),
    (MemoryVersion, ("memory",)),
    (MemoryLink, ("from_memory", "to_memory")),
)
"""What goes with a memory, by the columns that refer to it."""
OF_TENANTS: tuple[type[models.Model], ...] = (MemoryCount, AnsweredRequest, RecallSample)
"""What goes with a whole tenant besides."""
OF_IMPORTS: tuple[type[models.Model], ...] = (ImportFault, MemoryImport)
"""What imports have left: any of them may have held lines of the target."""


@dataclass(frozen=True)
class Target:
    what: Erased
    name: str
    """The namespace or the end user; empty: the tenant."""

    def memories(self) -> models.QuerySet[Memory]:
        """Also those that were deleted or have expired."""
        rows: models.QuerySet[Memory] = Memory.objects.filter(self._condition())
        return rows

    def versions(self) -> models.QuerySet[MemoryVersion]:
        """Of memories that said something of the target before they were changed."""
        if self.what == Erased.TENANT:
            return MemoryVersion.objects.all()
        if self.what == Erased.END_USER:
            return MemoryVersion.objects.filter(facts__end_user=self.name)
        subtree = below(self.name)
        named = Collate(KT("facts__namespace"), "C")
        return MemoryVersion.objects.annotate(named=named).filter(named__gte=subtree.low, named__lt=subtree.high)

    def counts(self) -> models.QuerySet[MemoryCount]:
        """Of a namespace: the numbers that are kept of it, which name it."""
        rows: models.QuerySet[MemoryCount] = MemoryCount.objects.filter(condition((below(self.name),)))
        return rows

    def orphans(self, kind: type[models.Model], column: str) -> models.QuerySet[Any]:
        """Rows that refer to a memory which is gone; the foreign keys let there be none."""
        memory = Memory.objects.filter(id=OuterRef(column))
        rows: models.QuerySet[Any] = kind._default_manager.filter(~Exists(memory))
        return rows

    def _condition(self) -> Q:
        if self.what == Erased.NAMESPACE:
            return condition((below(self.name),))
        return Q(end_user=self.name) if self.what == Erased.END_USER else Q()


def label(kind: type[models.Model]) -> str:
    """As proofs name a table."""
    return kind._meta.db_table
