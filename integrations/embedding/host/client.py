"""An embedder whose model lives in the host: what web and worker processes have in its place."""

from collections.abc import Iterator, Sequence

from django.conf import settings

from integrations.egress import inside
from integrations.egress.inside import InsideAnswer, ProcessAway
from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.host.queue import SMALL_REQUEST
from integrations.embedding.host.wire import (
    BYTES,
    MOST_CHARACTERS,
    MOST_TEXTS,
    PATH,
    Asked,
    NotUnderstood,
    unpacked,
    written,
)
from integrations.embedding.minilm.tokens import LONGEST_TEXT
from integrations.errors import EmbedderUnavailable

SMALL_SECONDS = 10.0
"""How long a small request is waited for. The host's first one loads the model, in less than a second."""
LARGE_SECONDS = 120.0
LONGEST_COMPLAINT = 10_000
"""Bytes of an answer that is no vectors."""


class Hosted:
    def __init__(self, facts: ModelFacts) -> None:
        self._facts = facts

    @property
    def facts(self) -> ModelFacts:
        return self._facts

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        found: list[Vector] = []
        for part in _parts(texts):
            found += await self._ask(part)
        return found

    async def _ask(self, texts: list[str]) -> list[Vector]:
        seconds = SMALL_SECONDS if len(texts) <= SMALL_REQUEST else LARGE_SECONDS
        largest = len(texts) * self._facts.dimensions * BYTES + LONGEST_COMPLAINT
        body = written(Asked(self._facts.id, texts))
        try:
            answer = await inside.post(settings.HOST_URL, PATH, body, timeout_seconds=seconds, largest=largest)
        except ProcessAway as error:
            raise EmbedderUnavailable(f"The host that has the model does not answer. {error} {ASK}") from None
        if answer.status != 200:
            raise _unavailable(answer)
        try:
            return unpacked(answer.body, count=len(texts), dimensions=self._facts.dimensions)
        except NotUnderstood as error:
            raise EmbedderUnavailable(f"The host answered something else than vectors. {error}") from None


ASK = "An operator can look whether `manage.py host` runs, at HOST_URL."


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """As many at a time as one request may have, each no longer than the model reads."""
    part: list[str] = []
    characters = 0
    for text in texts:
        cut = text[:LONGEST_TEXT]
        if part and (len(part) == MOST_TEXTS or characters + len(cut) > MOST_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(cut)
        characters += len(cut)
    if part:
        yield part


def _unavailable(answer: InsideAnswer) -> EmbedderUnavailable:
    said = answer.body[:500].decode("utf-8", "replace")
    waiting = answer.headers.get("Retry-After", "")
    return EmbedderUnavailable(
        f"The host answers {answer.status}: {said}", retry_after=float(waiting) if waiting.isdecimal() else None
    )
