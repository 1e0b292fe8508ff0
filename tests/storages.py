"""Where a test's artifacts lie: a folder of its own, or a bucket of moto's server, which speaks S3 over HTTP."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from registry.artifacts.storage import LocalArtifacts
from tests.patience import until

REGION = "eu-central-1"
PREFIX = "ours"


@contextmanager
def bucket_server() -> Iterator[str]:
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@dataclass(frozen=True)
class Bucket:
    name: str
    url: str
    client: Any

    @classmethod
    def make(cls, url: str) -> "Bucket":
        import boto3  # seldom needed, and slow to load

        name = f"tests-{uuid4()}"
        client = boto3.client("s3", endpoint_url=url, region_name=REGION)
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return cls(name, url, client)

    @property
    def options(self) -> dict[str, Any]:
        return {"bucket_name": self.name, "location": PREFIX, "endpoint_url": self.url, "region_name": REGION}

    def content(self, name: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.name, Key=f"{PREFIX}/{name}")["Body"].read()
        return body


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> LocalArtifacts:
    """Artifacts of this test lie in a folder of their own."""
    location = str(tmp_path / "artifacts")
    backend = {"BACKEND": "registry.artifacts.storage.LocalArtifacts", "OPTIONS": {"location": location}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    return LocalArtifacts(location)


@pytest.fixture(scope="session")
def bucket_url() -> Iterator[str]:
    with bucket_server() as url:
        yield url


@pytest.fixture
def bucket(bucket_url: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Artifacts of this test lie in a new bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    made = Bucket.make(bucket_url)
    backend = {"BACKEND": "registry.artifacts.s3.S3Artifacts", "OPTIONS": made.options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    return made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
