"""kill -9 while everything gets a vector of another model: it goes on where it was, nothing is lost, nothing twice."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

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
def a_worker() -> Iterator[None]:
    """Killed at the end of the block, wherever it is."""
    process = subprocess.Popen([sys.executable, "-m", "tests.memory.embedding.slowly", "new"], cwd=ROOT)
    try:
        yield
        assert process.poll() is None, "It ended by itself."
    finally:
        process.kill()
        process.wait()


def looked_at() -> int:
    """How far it is; everything, when it has switched."""
    model = EmbeddingModel.objects.filter(name="new").first()
    if model is None:
        return 0
    return MEMORIES if model.state == ModelState.ACTIVE else model.looked_at


def reach(number: int) -> None:
    until(lambda: looked_at() >= number, seconds=WAIT_SECONDS)


def test_a_killed_re_embedding_goes_on_where_it_was(acme: Tenant, globex: Tenant) -> None:
    old = EmbeddingModel.objects.create(name="old", dimensions=DIMENSIONS, state=ModelState.ACTIVE)
    memories = [remember((acme, globex)[number % 2], f"What number {number} says") for number in range(MEMORIES)]
    with platform():
        MemoryEmbedding.objects.update(status="ready", vector=[1.0] * DIMENSIONS, due_at=None)
    was_at: list[int] = []
    for place in sorted(random.sample(range(1, MEMORIES - 20), KILLS)):
        with a_worker():
            reach(place)
        was_at.append(looked_at())
        change(random.choice(memories[:50]), f"What was changed at {place}")
        remember(acme, f"What was written at {place}")
        delete(memories.pop())
    assert was_at == sorted(was_at), "It never goes back."
    assert was_at[0] > 0
    with a_worker():
        until(lambda: EmbeddingModel.objects.filter(name="new", state="active").exists(), seconds=WAIT_SECONDS)
    with a_worker():
        until(lambda: not EmbeddingModel.objects.filter(id=old.id).exists(), seconds=WAIT_SECONDS)
        until(lambda: all(row.status == "ready" for row in all_rows()), seconds=WAIT_SECONDS)
    with platform():
        living = {memory.id: memory.content for memory in Memory.objects.there()}
    rows = all_rows()
    assert sorted(row.memory_id for row in rows) == sorted(living), "Each has one, and no other has any."
    assert {row.model.name for row in rows} == {"new"}
    for row in rows:
        assert vector_of(row) == pytest.approx(vector_by_words(living[row.memory_id]), abs=1e-3)
