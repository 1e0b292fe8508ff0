"""Connectors as folders on a disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.format.samples import ACTIONS, CONNECTOR

WriteFolder = Callable[..., Path]


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Writes the sample as a folder of this name, with these fields of its connector."""

    def write(slug: str, **changes: Any) -> Path:
        folder = tmp_path / "connectors" / slug
        folder.mkdir(parents=True)
        (folder / "connector.yaml").write_text(json.dumps({**CONNECTOR, **changes}))
        (folder / "actions.yaml").write_text(json.dumps(ACTIONS))
        return folder

    return write
