"""The model in this process. Importing this loads numpy, making one reads the weights: only the host does so."""

import asyncio
import mmap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.minilm.facts import FACTS
from integrations.embedding.minilm.files import ModelFiles, find_files
from integrations.embedding.minilm.forward import Forward, read_weights
from integrations.embedding.minilm.tokens import Tokens

MOST_TEXTS = 32
MOST_PLACES = 4_096
"""Tokens of a batch, those that fill up included: what is made on the way takes 6 kB for each."""

Floats: TypeAlias = NDArray[np.float32]


class MiniLM:
    """Computes in a thread of its own, one batch at a time: two at once would only take each other's cache."""

    def __init__(self, files: ModelFiles) -> None:
        self._tokens = Tokens.read(files.vocabulary)
        with files.weights.open("rb") as content:
            # Mapped, not read: of the words' vectors, half of the file, only those in use take memory.
            self._forward = Forward(read_weights(mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ)))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="minilm")

    @classmethod
    def load(cls) -> "MiniLM":
        """Raises ModelUnusable."""
        return cls(find_files())

    @property
    def facts(self) -> ModelFacts:
        return FACTS

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._lists, texts)

    def vectors(self, texts: Sequence[str]) -> Floats:
        """A row of unit length for each text."""
        tokens = [self._tokens.of(text) for text in texts]
        made = np.empty((len(texts), FACTS.dimensions), dtype=np.float32)
        for batch in _batches([len(each) for each in tokens]):
            made[batch] = self._forward([tokens[index] for index in batch])
        return made

    def _lists(self, texts: Sequence[str]) -> list[Vector]:
        made: list[Vector] = self.vectors(texts).tolist()
        return made

    def close(self) -> None:
        self._thread.shutdown()


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Which texts go together: those of similar length, so that little is filled up."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == MOST_TEXTS or (len(batch) + 1) * lengths[index] > MOST_PLACES):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
