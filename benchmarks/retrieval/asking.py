"""Storing the labelled set in a tenant of its own, and asking its questions. Needs Django's settings."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from accounts.caller import System
from accounts.tenancy import platform, within
from accounts.tenants import create_tenant
from benchmarks.retrieval.set import LabelledSet, Question
from integrations.embedding.base import Embedder, Vector
from integrations.embedding.lexical_hash import LexicalHash
from integrations.embedding.minilm.model import MiniLM
from memory.models import EmbeddingModel, EmbeddingStatus, Memory, MemoryEmbedding, MemoryLink, ModelState, Trust
from memory.search.recall import search_memories
from memory.search.types import Answer, Mode, SearchRequest

BENCHMARK = System("benchmark")
MODES = tuple(map(str, Mode))


@dataclass(frozen=True)
class Stored:
    """The set with the vectors of one embedder."""

    tenant_id: UUID
    model: EmbeddingModel
    keys: Mapping[UUID, str]
    """The set's key of each memory."""
    vectors: Mapping[str, Vector]
    """Of each question, by its text."""

    def ask(self, question: Question, mode: str, *, limit: int, expand_links: int = 0) -> list[str]:
        """The keys of what is found, the best first."""
        request = SearchRequest(
            query=question.text, mode=Mode(mode), limit=limit, valid_at=question.at, expand_links=expand_links
        )
        answer = self.search(request, self.vectors[question.text])
        return [self.keys[hit.memory.id] for hit in answer.hits]

    def search(self, request: SearchRequest, vector: Vector) -> Answer:
        with within(self.tenant_id):
            return search_memories(tenant_id=self.tenant_id, by=BENCHMARK, request=request, vector=vector)


def embedder(name: str) -> Embedder:
    """In this process."""
    return LexicalHash() if name == LexicalHash.facts.id else MiniLM.load()


def store(labelled: LabelledSet, embedder: Embedder) -> Stored:
    """In a new tenant, with a model of its own that takes the place of the one before."""
    facts = embedder.facts
    with platform():
        tenant = create_tenant(slug=f"retrieval-{facts.id}", name="Retrieval", actor=BENCHMARK.actor)
    EmbeddingModel.objects.filter(state=ModelState.ACTIVE).update(state=ModelState.RETIRED)
    model = EmbeddingModel.objects.create(name=facts.id, dimensions=facts.dimensions, state=ModelState.ACTIVE)
    memories = {
        each.key: _memory(
            tenant.id,
            each.content,
            kind=each.kind,
            tags=list(each.tags),
            valid_from=each.valid_from,
            valid_to=each.valid_to,
        )
        for each in labelled.memories
    }
    vectors = _vectors(embedder, [each.content for each in labelled.memories])
    with within(tenant.id):
        Memory.objects.bulk_create(memories.values())
        MemoryEmbedding.objects.bulk_create(
            _embedding(model, memory, vectors[memory.content]) for memory in memories.values()
        )
        MemoryLink.objects.bulk_create(
            MemoryLink(
                tenant=tenant,
                from_memory=memories[link.source],
                to_memory=memories[link.target],
                type=link.type,
                created_by=BENCHMARK.actor,
            )
            for link in labelled.links
        )
    keys = {memory.id: key for key, memory in memories.items()}
    return Stored(tenant.id, model, keys, _vectors(embedder, [each.text for each in labelled.questions]))


def find_example(stored: Stored, made: Embedder, content: str, question: str) -> str:
    """The place of one memory of the set, and its similarity."""
    answer = stored.search(SearchRequest(query=question), _vectors(made, [question])[question])
    place, hit = next((place, hit) for place, hit in enumerate(answer.hits, start=1) if hit.memory.content == content)
    return f"{place}, similarity {hit.similarity:.2f}"


def _memory(tenant_id: UUID, content: str, **facts: Any) -> Memory:
    digest = sha256(content.encode()).digest()
    facts = {"namespace": "default/", "trust": Trust.TRUSTED, "created_by": BENCHMARK.actor, **facts}
    return Memory(tenant_id=tenant_id, content=content, content_digest=digest, **facts)


def _embedding(model: EmbeddingModel, memory: Memory, vector: Vector) -> MemoryEmbedding:
    return MemoryEmbedding(
        tenant_id=memory.tenant_id,
        memory=memory,
        model=model,
        namespace=memory.namespace,
        kind=memory.kind,
        valid_from=memory.valid_from,
        valid_to=memory.valid_to,
        status=EmbeddingStatus.READY,
        vector=list(vector),
    )


def _vectors(embedder: Embedder, texts: Sequence[str]) -> dict[str, Vector]:
    return dict(zip(texts, asyncio.run(embedder.embed(texts)), strict=True))
