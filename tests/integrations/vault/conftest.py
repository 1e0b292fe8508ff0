"""Key files, keys in moto's KMS, and a memory that holds nothing from the test before."""

import base64
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from integrations.vault.memory import in_memory
from tests.storages import REGION

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


@pytest.fixture
def kms_server(bucket_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """moto's server speaks KMS, too."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return bucket_url


@pytest.fixture
def kms(kms_server: str) -> Any:
    """Its client, as whoever makes keys has it."""
    return boto3.client("kms", endpoint_url=kms_server, region_name=REGION)
