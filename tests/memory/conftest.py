"""Tests of what PostgreSQL builds: thresholds that a test can reach, and nothing left behind."""

from collections.abc import Iterator

import pytest
from django.db import connections

from memory.indexes import decide
from memory.indexes.look import look


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
