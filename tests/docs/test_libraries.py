import re
import tomllib
from importlib.metadata import metadata
from typing import Any

import pytest

from integrations.embedding.minilm.files import are_usable
from tests.docs.pages import ROOT, column, page, plain, rows

PAGE = "docs/reference/libraries.md"
TABLES = ("## What is always installed", "## What brings the servers")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINNED = dict(re.findall(r"^([a-z0-9-]+)==([^\s\\]+)", page("requirements.lock"), re.MULTILINE))
MODELS = "## What brings the embedding model"
MODELS_PINNED = re.findall(r"^([a-z0-9-]+)==([^\s\\]+)", page("requirements-models.lock"), re.MULTILINE)
ROWS = [row for table in TABLES for row in rows(PAGE, table)]


def named(requirements: list[str]) -> list[str]:
    return [re.split(r"[^A-Za-z0-9_-]", requirement)[0] for requirement in requirements]


def classifier(about: dict[str, Any], kind: str) -> str | None:
    found = [line for line in about.get("classifier", []) if line.startswith(kind)]
    return re.split(r" :: | - ", found[0])[-1].strip() if found else None


def test_it_lists_what_the_project_asks_for() -> None:
    assert column(PAGE, TABLES[0], "Package") == named(PROJECT["dependencies"])
    assert column(PAGE, TABLES[1], "Package") == named(PROJECT["optional-dependencies"]["embedded"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: plain(row["Package"]))
def test_it_says_of_a_package_what_its_metadata_says(row: dict[str, str]) -> None:
    name = plain(row["Package"])
    about: dict[str, Any] = metadata(name).json
    licence = about.get("license_expression") or classifier(about, "License ::") or about.get("license")
    assert (row["Version"], row["Version"]) == (PINNED[name], about["version"])
    assert row["Licence"] == licence
    assert row["Status"] == (classifier(about, "Development Status ::") or "not stated")


def test_it_lists_what_brings_the_model() -> None:
    listed = [(plain(row["Package"]), row["Version"]) for row in rows(PAGE, MODELS)]
    assert [name for name, _ in listed] == named(PROJECT["optional-dependencies"]["models"])
    assert {name for name, _ in MODELS_PINNED} == {name for name, _ in listed}
    assert set(listed) <= set(MODELS_PINNED)


@pytest.mark.skipif(not are_usable(), reason="requirements-models.lock is not installed here")
@pytest.mark.parametrize("row", rows(PAGE, MODELS), ids=lambda row: plain(row["Package"]))
def test_it_says_of_the_model_what_its_metadata_says(row: dict[str, str]) -> None:
    about: dict[str, Any] = metadata(plain(row["Package"])).json
    assert row["Licence"] == (about.get("license_expression") or about.get("license"))
    assert row["Status"] == (classifier(about, "Development Status ::") or "not stated")
