import logging
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from integrations.embedding import shelf
from integrations.embedding.compatible import Compatible
from integrations.embedding.host.client import Hosted
from integrations.embedding.lexical_hash import LexicalHash
from integrations.embedding.minilm.files import ModelUnusable
from integrations.embedding.shelf import chosen_embedder, embedder_named


@pytest.fixture
def service(settings: Settings) -> None:
    settings.EMBEDDER_MODEL, settings.EMBEDDER_DIMENSIONS = "text-embedding-3-small", 1536


def is_not_installed() -> Any:
    raise ModelUnusable("The model is not installed.")


@pytest.mark.parametrize(
    ("name", "kind"), [("minilm-l6-v2", Hosted), ("lexical-hash-v1", LexicalHash), ("openai", Compatible)]
)
def test_the_operator_chooses(name: str, kind: type, settings: Settings, service: None) -> None:
    settings.EMBEDDER = name
    assert isinstance(chosen_embedder(), kind)


def test_left_alone_it_is_the_model_where_that_is_installed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMBEDDER = "auto"
    monkeypatch.setattr(shelf, "find_files", lambda: None)
    assert chosen_embedder().facts.id == "minilm-l6-v2"


def test_else_it_is_the_fallback_which_is_said_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMBEDDER = "auto"
    monkeypatch.setattr(shelf, "find_files", is_not_installed)
    shelf._tell_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert [chosen_embedder().facts.id for _ in range(3)] == ["lexical-hash-v1"] * 3
    (record,) = caplog.records
    assert record.getMessage() == (
        "Texts are compared by their words (lexical-hash-v1), not by their meaning: The model is not installed."
    )


@pytest.mark.parametrize("name", ["", "word2vec", "openai"])
def test_it_does_not_guess(name: str, settings: Settings) -> None:
    settings.EMBEDDER = name
    with pytest.raises(ImproperlyConfigured, match="EMBEDDER"):
        chosen_embedder()


def test_it_finds_what_made_a_vector(service: None) -> None:
    for model_id in ("minilm-l6-v2", "lexical-hash-v1", "openai:text-embedding-3-small"):
        found = embedder_named(model_id)
        assert found is not None
        assert found.facts.id == model_id


def test_it_knows_what_it_cannot_make_any_more(service: None, settings: Settings) -> None:
    for model_id in ("openai:another", "openai:text-embedding-3-small@256", "lexical-hash-v0", ""):
        assert embedder_named(model_id) is None
    settings.EMBEDDER_MODEL = ""
    assert embedder_named("openai:text-embedding-3-small") is None
