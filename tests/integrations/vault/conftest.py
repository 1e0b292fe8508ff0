"""Key files, and a memory that holds nothing from the test before."""

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.vault.data_keys import in_memory

MakeKeyFile = Callable[..., Path]


@pytest.fixture(autouse=True)
def nothing_in_memory() -> Iterator[None]:
    in_memory.clear()
    yield
    in_memory.clear()


@pytest.fixture
def make_key_file(tmp_path: Path) -> MakeKeyFile:
    def make(content: bytes | None = None, mode: int = 0o600, name: str = "vault.key") -> Path:
        file = tmp_path / name
        file.write_bytes(base64.b64encode(secrets.token_bytes(32)) + b"\n" if content is None else content)
        file.chmod(mode)
        return file

    return make
