"""Vectors that callers send along, for the model that searches use: looked at before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from integrations.embedding.vectors import checked, unit
from memory.embedding.active import models_to_write
from memory.models import Memory


@dataclass(frozen=True)
class Given:
    """What came with the memories of one request, by their numbers in it."""

    vectors: Mapping[int, Any]
    dimensions: int
    """Of the model."""

    def check(self, number: int) -> None:
        """Raises Invalid where the memory came with a vector that is none."""
        if number in self.vectors:
            self.vector(number)

    def vector(self, number: int) -> list[float]:
        return unit(checked(self.vectors[number], self.dimensions, path="$.vector"))

    def by_memory(self, memories: Mapping[int, Memory]) -> dict[UUID, Sequence[float]]:
        return {memory.id: self.vector(number) for number, memory in memories.items() if number in self.vectors}


def read_vectors(items: Sequence[Any]) -> Given:
    """In the transaction of the write: until that ends, the model stays the same. No query where nobody sent one."""
    vectors = {
        number: item["vector"]
        for number, item in enumerate(items)
        if isinstance(item, Mapping) and item.get("vector") is not None
    }
    if not vectors:
        return Given({}, 0)
    active, *_ = models_to_write()
    return Given(vectors, active.dimensions)
