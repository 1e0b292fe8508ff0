"""Vectors that callers send along, for the model that searches use: looked at before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.errors import Fault, Invalid
from integrations.embedding.vectors import checked, unit
from memory.models import EmbeddingModel, Memory, ModelState


@dataclass(frozen=True)
class Given:
    """What came with the memories of one request, by their numbers in it."""

    vectors: Mapping[int, Any]
    dimensions: int | None
    """Of the model; None: there is none."""

    def check(self, number: int) -> None:
        """Raises Invalid where the memory came with a vector that is none."""
        if number in self.vectors:
            self.vector(number)

    def vector(self, number: int) -> list[float]:
        if self.dimensions is None:
            raise Invalid(faults=[Fault("$.vector", "There is no model yet that makes vectors. Leave it out.")])
        return unit(checked(self.vectors[number], self.dimensions, path="$.vector"))

    def by_memory(self, memories: Mapping[int, Memory]) -> dict[UUID, Sequence[float]]:
        return {memory.id: self.vector(number) for number, memory in memories.items() if number in self.vectors}


def read_vectors(items: Sequence[Any]) -> Given:
    """One query, and none where nobody sent a vector."""
    vectors = {
        number: item["vector"]
        for number, item in enumerate(items)
        if isinstance(item, Mapping) and item.get("vector") is not None
    }
    if not vectors:
        return Given({}, None)
    model = EmbeddingModel.objects.filter(state=ModelState.ACTIVE).first()
    return Given(vectors, model.dimensions if model else None)
