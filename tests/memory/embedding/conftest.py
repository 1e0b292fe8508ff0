"""What the installation can make vectors with: a fake, unless a test says otherwise."""

from collections.abc import Iterator

import pytest

from memory.embedding import active, making, models, resting
from tests.memory.embedding.rows import FakeEmbedder, Shelf


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf(FakeEmbedder())
    monkeypatch.setattr(active, "chosen_embedder", lambda: made.chosen)
    monkeypatch.setattr(models, "chosen_embedder", lambda: made.chosen)
    monkeypatch.setattr(making, "embedder_named", made.named)
    return made


@pytest.fixture
def embedder(shelf: Shelf) -> FakeEmbedder:
    return shelf.chosen


@pytest.fixture(autouse=True)
def nobody_rests() -> Iterator[None]:
    resting.forget()
    yield
    resting.forget()
