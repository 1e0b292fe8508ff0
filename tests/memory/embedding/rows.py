"""Memories and embedders for the tests of vectors."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence

from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import platform, within
from integrations.embedding.base import ModelFacts, Vector
from integrations.errors import EmbedderRefused, EmbedderUnavailable
from memory.embedding.active import models_to_write
from memory.models import Memory, MemoryEmbedding


class FakeEmbedder:
    """Makes a vector of a text's length. It can be away, refuse texts, and wait for a word before it answers."""

    def __init__(self, name: str = "fake-1", dimensions: int = 3) -> None:
        self.facts = ModelFacts(id=name, dimensions=dimensions, note="Texts are near when they are as long.")
        self.asked: list[list[str]] = []
        self.is_away = self.is_misset = False
        self.refuses: Callable[[str], bool] = lambda text: False
        self.has_begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked.append(list(texts))
        self.has_begun.set()
        await self.may_answer.wait()
        if self.is_away:
            raise EmbedderUnavailable("It is away.")
        if self.is_misset:
            raise EmbedderRefused("It knows no such key.", takes_nothing=True)
        if any(self.refuses(text) for text in texts):
            raise EmbedderRefused("It does not like that text.")
        return [self.vector_of(text) for text in texts]

    def vector_of(self, text: str) -> Vector:
        return [float(len(text)), float(len(self.facts.id)), *[1.0] * (self.facts.dimensions - 2)]


class Shelf:
    """What the installation can make vectors with in a test, and what its setting names."""

    def __init__(self, *embedders: FakeEmbedder) -> None:
        self.embedders = list(embedders)
        self.chosen: FakeEmbedder = self.embedders[0]

    def choose(self, embedder: FakeEmbedder) -> None:
        if embedder not in self.embedders:
            self.embedders.append(embedder)
        self.chosen = embedder

    def named(self, name: str) -> FakeEmbedder | None:
        return next((each for each in self.embedders if each.facts.id == name), None)


def remember(tenant: Tenant, content: str, *, namespace: str = "default/") -> Memory:
    """A memory, and rows that wait for its vectors, in one transaction."""
    with within(tenant.id):
        memory: Memory = Memory.objects.create(
            tenant=tenant,
            namespace=namespace,
            content=content,
            content_digest=digest_of(content),
            trust="trusted",
            created_by="system:tests",
        )
        wait_for_vectors(memory)
    return memory


def wait_for_vectors(memory: Memory) -> None:
    for model in models_to_write():
        MemoryEmbedding.objects.create(
            tenant_id=memory.tenant_id,
            memory=memory,
            model=model,
            namespace=memory.namespace,
            kind=memory.kind,
            due_at=Now(),
        )


def change(memory: Memory, content: str) -> None:
    """Another content: what there is of vectors is made anew."""
    with within(memory.tenant_id):
        Memory.objects.filter(id=memory.id).update(content=content, content_digest=digest_of(content))
        MemoryEmbedding.objects.filter(memory=memory).update(status="pending", vector=None, attempts=0, due_at=Now())


def delete(memory: Memory) -> None:
    with within(memory.tenant_id):
        Memory.objects.filter(id=memory.id).update(deleted_at=Now())
        MemoryEmbedding.objects.filter(memory=memory).delete()


def digest_of(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()


def rows_of(memory: Memory) -> dict[str, MemoryEmbedding]:
    """By the model's name."""
    with within(memory.tenant_id):
        return {row.model.name: row for row in MemoryEmbedding.objects.filter(memory=memory).select_related("model")}


def row_of(memory: Memory) -> MemoryEmbedding:
    (row,) = rows_of(memory).values()
    return row


def vector_of(row: MemoryEmbedding) -> list[float]:
    assert row.vector is not None
    return [float(number) for number in row.vector]


def all_rows() -> list[MemoryEmbedding]:
    with platform():
        return list(MemoryEmbedding.objects.select_related("model", "memory").order_by("id"))


def make_due(memory: Memory) -> None:
    """As if its lease, or its pause, were over."""
    with within(memory.tenant_id):
        MemoryEmbedding.objects.filter(memory=memory).update(due_at=Now())


def seconds_until_due(row: MemoryEmbedding) -> float:
    assert row.due_at is not None
    return (row.due_at - timezone.now()).total_seconds()
