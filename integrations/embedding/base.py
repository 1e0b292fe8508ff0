"""The port: an embedder makes a vector of each text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Vector: TypeAlias = Sequence[float]
"""Of unit length, without NaN."""


@dataclass(frozen=True)
class ModelFacts:
    id: str
    """Stands on each row that holds a vector: vectors of different models are never compared."""
    dimensions: int
    note: str
    """One sentence for people: what kind of nearness this is."""


class Embedder(Protocol):
    @property
    def facts(self) -> ModelFacts: ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector for each text, in their order. Any number of texts; it makes batches by itself.

        No text is refused: of a long one the beginning counts, and an empty one has a vector, too.

        Raises EmbedderUnavailable (the same may succeed later) and EmbedderRefused (it will not).
        """
        ...
