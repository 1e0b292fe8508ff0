"""A process that re-embeds, to be killed at any moment: `python -m tests.memory.embedding.slowly NAME`.

Vectors are made in process, a few at a time, with pauses in which a kill can fall.
"""

import asyncio
import os
import random
import sys
from collections.abc import Sequence
from datetime import timedelta

import django

from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.lexical_hash import vector_of

DIMENSIONS = 384


class Slow:
    """Vectors of shared words under a name of its own."""

    def __init__(self, name: str) -> None:
        self.facts = ModelFacts(id=name, dimensions=DIMENSIONS, note="For tests.")

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        await asyncio.sleep(random.uniform(0, 0.02))
        return [vector_of(text) for text in texts]


def main(asked: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from memory.embedding import active, claims, making, models, pending, retire, walk, worker

    slow = Slow(asked)
    # Small batches, and leases so short that a test need not wait for what a killed process had.
    for module, name, value in (
        (active, "chosen_embedder", lambda: slow),
        (models, "chosen_embedder", lambda: slow),
        (making, "embedder_named", Slow),
        (walk, "MOST_AT_ONCE", 5),
        (pending, "MOST_AT_ONCE", 5),
        (retire, "MOST_AT_ONCE", 5),
        (walk, "LEASE_SECONDS", 1),
        (claims, "LEASE_SECONDS", 1),
        (retire, "KEPT", timedelta(0)),
    ):
        setattr(module, name, value)

    async def work() -> None:
        while True:
            await asyncio.gather(worker.embed(), worker.tend())
            await asyncio.sleep(0.02)

    asyncio.run(work())


if __name__ == "__main__":
    main(sys.argv[1])
