import os
from hashlib import sha256
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from integrations.embedding.minilm import files
from integrations.embedding.minilm.files import ModelFiles, ModelUnusable, are_usable, find_files
from tests.integrations.embedding.texts import needs_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with files that were pinned as they are."""
    folder = tmp_path / "model"
    folder.mkdir()
    spec = ModuleSpec(files.PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    found = {"numpy": ModuleSpec("numpy", None), files.PACKAGE: spec}
    monkeypatch.setattr(files, "find_spec", found.get)
    for name in files.PINS:
        (folder / name).write_text(f"the {name}")
    monkeypatch.setattr(files, "PINS", {name: sha256(f"the {name}".encode()).hexdigest() for name in files.PINS})
    return folder


def test_it_finds_files_that_are_what_was_pinned(folder: Path) -> None:
    assert find_files() == ModelFiles(folder / "model.safetensors", folder / "vocab.txt")
    assert are_usable()


def test_it_refuses_a_file_that_was_changed(folder: Path) -> None:
    assert are_usable()
    (folder / "vocab.txt").write_text("the voc4b.txt")
    os.utime(folder / "vocab.txt", ns=(1, 1))
    with pytest.raises(ModelUnusable, match=r"^vocab\.txt of the model is not the file that was pinned\."):
        find_files()


def test_it_says_which_file_is_missing(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelUnusable, match=r"^model\.safetensors of the model cannot be read: No such file"):
        find_files()


@pytest.mark.parametrize(("lacks", "said"), [("numpy", "numpy is not installed"), ("gt", "The model is not installed")])
def test_it_says_what_is_not_installed(lacks: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_spec", lambda name: None if name.startswith(lacks) else ModuleSpec(name, None))
    with pytest.raises(ModelUnusable, match=said):
        find_files()
    assert not are_usable()


@needs_model
def test_the_files_that_are_installed_are_those_that_were_pinned() -> None:
    found = find_files()
    assert found.weights.stat().st_size == 90_868_376
    assert found.weights.parent.name == "model"
