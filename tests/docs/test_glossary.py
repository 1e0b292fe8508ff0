"""Each word of the glossary is a word of the code."""

import re

import pytest
from django.apps import apps

from tests.docs.pages import ROOT, plain, rows

PAGE = "docs/glossary.md"
ROWS = [*rows(PAGE, "## Things"), *rows(PAGE, "## How it works")]
OURS = ("accounts", "integrations", "registry", "memory", "webhooks")
# Rows about how far something has come, which only their own app speaks of.
UNNAMED = {"AuditHead", "EventPosition"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["Word"])
def test_it_finds_a_word_where_the_glossary_says(row: dict[str, str]) -> None:
    path, _, name = plain(row["In the code"]).partition(": ")
    text = (ROOT / path).read_text()
    assert not name or re.search(rf"\b(def|class) {name}\b|^ *{name}( =|: )", text, re.MULTILINE)


def test_it_has_a_word_for_every_model() -> None:
    models = {model.__name__ for model in apps.get_models() if model._meta.app_label in OURS}
    named = {plain(row["In the code"]).rpartition(": ")[2] for row in ROWS}
    assert models - UNNAMED <= named


def test_it_has_every_word_once() -> None:
    words = [row["Word"] for row in ROWS]
    assert sorted(words) == sorted(set(words))
