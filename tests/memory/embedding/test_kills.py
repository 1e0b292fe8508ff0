"""kill -9 while everything gets a vector of another model: it goes on where it was, nothing is lost, nothing twice."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from accounts.models import Tenant
from accounts.tenancy import platform
from integrations.embedding.lexical_hash import vector_of as vector_by_words
from memory.models import EmbeddingModel, Memory, MemoryEmbedding, ModelState
from tests.memory.embedding.rows import all_rows, change, delete, remember, vector_of
from tests.memory.embedding.slowly import DIMENSIONS
from tests.patience import until
from tests.web import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

MEMORIES = 150
KILLS = 5
WAIT_SECONDS = 90


@contextmanager
def a_worker() -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Works until something has happened, and is killed at the end of the block, wherever it is."""
    process = subprocess.Popen([sys.executable, "-m", "tests.memory.embedding.slowly", "new"], cwd=ROOT)

    def works_until(happened: Callable[[], bool]) -> None:
        until(lambda: process.poll() is not None or happened(), seconds=WAIT_SECONDS)
        assert process.poll() is None, "It ended by itself."

    try:
        yield works_until
    finally:
        process.kill()
        process.wait()


def looked_at() -> int:
    """How far it is; everything, when it has switched."""
    model = EmbeddingModel.objects.filter(name="new").first()
    if model is None:
        return 0
    return MEMORIES if model.state == ModelState.ACTIVE else model.looked_at


def has_reached(place: int) -> bool:
    return looked_at() >= place


def test_a_killed_re_embedding_goes_on_where_it_was(acme: Tenant, globex: Tenant) -> None:
    old = EmbeddingModel.objects.create(name="old", dimensions=DIMENSIONS, state=ModelState.ACTIVE)
    memories = [remember((acme, globex)[number % 2], f"What number {number} says") for number in range(MEMORIES)]
    with platform():
        MemoryEmbedding.objects.update(status="ready", vector=[1.0] * DIMENSIONS, due_at=None)
    was_at: list[int] = []
    for place in sorted(random.sample(range(1, MEMORIES - 20), KILLS)):
        with a_worker() as works_until:
            works_until(partial(has_reached, place))
        was_at.append(looked_at())
        change(random.choice(memories[:50]), f"What was changed at {place}")
        remember(acme, f"What was written at {place}")
        delete(memories.pop())
    assert was_at == sorted(was_at), "It never goes back."
    assert was_at[0] > 0
    with a_worker() as works_until:
        works_until(EmbeddingModel.objects.filter(name="new", state="active").exists)
    with a_worker() as works_until:
        works_until(lambda: not EmbeddingModel.objects.filter(id=old.id).exists())
        works_until(lambda: all(row.status == "ready" for row in all_rows()))
    with platform():
        living = {memory.id: memory.content for memory in Memory.objects.there()}
    rows = all_rows()
    assert sorted(row.memory_id for row in rows) == sorted(living), "Each has one, and no other has any."
    assert {row.model.name for row in rows} == {"new"}
    for row in rows:
        assert vector_of(row) == pytest.approx(vector_by_words(living[row.memory_id]), abs=1e-3)
