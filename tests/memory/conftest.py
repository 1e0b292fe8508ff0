"""Tests of what PostgreSQL builds: thresholds that a test can reach, and nothing left behind."""

from collections.abc import Iterator

import pytest
from django.db import connections

from config.seed import seed_shared
from memory.embedding.active import ensure_model
from memory.indexes import decide
from memory.indexes.look import look
from memory.models import EmbeddingModel


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index from 200 vectors on, until there are fewer than 100."""
    monkeypatch.setattr(decide, "BUILT_FROM", 200)
    monkeypatch.setattr(decide, "DROPPED_BELOW", 100)


@pytest.fixture
def indexes(transactional_db: None) -> Iterator[None]:
    """Rows are swept after a test, indexes are not."""
    yield
    with connections["owner"].cursor() as cursor:
        for name in look().found:
            cursor.execute(f'DROP INDEX "{name}"')


@pytest.fixture
def model(db: None) -> EmbeddingModel:
    """What vectors are made with."""
    return ensure_model()


@pytest.fixture
def memory_tools(db: None) -> None:
    """The tools that every tenant shares."""
    seed_shared()
