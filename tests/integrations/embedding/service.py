"""A service that speaks like OpenAI's, on a real port. Its vectors are ours by words; it misbehaves as it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from integrations.embedding.lexical_hash import vector_of
from tests.integrations.egress.upstreams import Peer, Upstream, upstream

Answer = Callable[[Peer], bool | None]


def rows(texts: list[str], dimensions: int = 384) -> list[dict[str, Any]]:
    """Longer than a unit, as some models' vectors are."""
    return [
        {"object": "embedding", "index": index, "embedding": [3 * value for value in vector_of(text)[:dimensions]]}
        for index, text in enumerate(texts)
    ]


def embeds(peer: Peer) -> bool:
    asked = json.loads(peer.body)
    # Services that answer as they finish are not unheard of.
    found = rows(asked["input"], asked.get("dimensions", 384))[::-1]
    return gives({"object": "list", "data": found, "model": asked["model"]})(peer)


def gives(answer: object, status: str = "200 OK", **headers: str) -> Callable[[Peer], bool]:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return lambda peer: peer.answer(body, status, Content_Type="application/json", **headers)


def hangs_up(peer: Peer) -> bool:
    peer.reset()
    return False


@dataclass
class EmbeddingService:
    upstream: Upstream
    answers: list[Answer] = field(default_factory=list)
    """What it does first, one after the other; then it embeds."""

    @property
    def asked(self) -> list[Any]:
        return [json.loads(body) for body in self.upstream.bodies]

    def header(self, name: str) -> list[str]:
        """What each request had there."""
        lines = [line.partition(": ") for head in self.upstream.seen for line in head.split("\n")]
        return [value for found, _, value in lines if found.lower() == name.lower()]


@contextmanager
def embedding_service() -> Iterator[EmbeddingService]:
    answers: list[Answer] = []

    def answer(peer: Peer) -> bool | None:
        return (answers.pop(0) if answers else embeds)(peer)

    with upstream({"/v1/embeddings": answer, "/elsewhere": embeds}) as server:
        yield EmbeddingService(server, answers)
