"""Having vectors made, with what can go wrong told apart: the embedder is away, or it does not take a text."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.embedding.base import Embedder, Vector
from integrations.embedding.shelf import embedder_named
from integrations.errors import EmbedderRefused, EmbedderUnavailable
from memory.embedding import resting
from memory.embedding.metrics import MADE
from memory.models import EmbeddingModel

MOST_REQUESTS = 16
"""How often the embedder is asked to find out which of several texts it refuses."""

log = logging.getLogger(__name__)


class Away(Exception):
    """Nothing can be made now; `pause_seconds` says when to try again."""

    def __init__(self, pause_seconds: float) -> None:
        self.pause_seconds = pause_seconds
        super().__init__(f"The embedder is left alone for {pause_seconds:g} seconds.")


@dataclass(frozen=True)
class Made:
    """Of texts, by their place in what was asked for."""

    vectors: Mapping[int, Vector]
    refused: Mapping[int, str]
    """Why."""

    @property
    def is_all_refused(self) -> bool:
        return not self.vectors


def workable(models: Sequence[EmbeddingModel]) -> dict[int, Embedder]:
    """By the model's id: the embedders that can be asked now. One may be gone with its settings, or rest."""
    found = {model.id: embedder_named(model.name) for model in models if not resting.is_resting(model.name)}
    return {model_id: embedder for model_id, embedder in found.items() if embedder is not None}


async def make(embedder: Embedder, texts: Sequence[str]) -> Made:
    """Raises Away, for an embedder that takes nothing as well: no text of which nobody knows whether it would be taken
    counts as refused. It is not for ever asked which text is to blame: then several are taken for refused."""
    name = embedder.facts.id
    try:
        made = await _Search(embedder, texts).run()
    except (EmbedderUnavailable, EmbedderRefused) as error:
        pause = resting.was_away(name, retry_after=error.retry_after)
        log.warning(
            "No vectors of %s for %g seconds: %s", name, pause, error.message, extra={"action": "embedder_away"}
        )
        raise Away(pause) from error
    resting.was_there(name)
    MADE.labels("ready").inc(len(made.vectors))
    MADE.labels("refused").inc(len(made.refused))
    return made


class _Search:
    """All texts at once; when they are refused, one half and the other, until it is known which are."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self._embedder = embedder
        self._texts = texts
        self._requests = 0
        self._vectors: dict[int, Vector] = {}
        self._refused: dict[int, str] = {}

    async def run(self) -> Made:
        await self._ask(range(len(self._texts)))
        return Made(self._vectors, self._refused)

    async def _ask(self, places: Sequence[int]) -> None:
        self._requests += 1
        try:
            made = await self._embedder.embed([self._texts[place] for place in places])
        except EmbedderRefused as error:
            if error.takes_nothing:
                raise
            await self._narrow(places, error)
        else:
            self._vectors |= zip(places, made, strict=True)

    async def _narrow(self, places: Sequence[int], error: EmbedderRefused) -> None:
        if len(places) == 1 or self._requests >= MOST_REQUESTS:
            self._refused |= dict.fromkeys(places, error.message)
            return
        middle = len(places) // 2
        await self._ask(places[:middle])
        await self._ask(places[middle:])
