"""All embedders, ready to be asked: in this process, in a real host, and behind a real HTTP service."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import Settings

from config.supervisor.options import BASE_DIR
from integrations import egress
from integrations.egress import inside
from tests.integrations.embedding.service import EmbeddingService, embedding_service
from tests.running import wait_for


@dataclass(frozen=True)
class RunningHost:
    process: subprocess.Popen[bytes]
    url: str

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@dataclass
class Hosts:
    """Starts hosts as `up` does, each on a socket of its own, and ends them."""

    folder: Path
    started: list[RunningHost]

    def start(self, *arguments: str, pass_fds: Sequence[int] = (), **environment: str) -> RunningHost:
        data_dir = self.folder / str(len(self.started))
        ready = self.folder / f"{len(self.started)}.ready"
        process = subprocess.Popen(
            [sys.executable, "-m", "config.host", *arguments],
            cwd=BASE_DIR,
            env={**os.environ, "DATA_DIR": str(data_dir), "READY_FILE": str(ready), "LOG_LEVEL": "WARNING"}
            | environment,
            pass_fds=pass_fds,
        )
        host = RunningHost(process, f"unix://{data_dir / 'run' / 'host.sock'}")
        self.started.append(host)
        wait_for(lambda: ready.exists() and ready.read_text() == str(process.pid))
        return host


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    # Not pytest's folder: a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="qm-host-"))
    hosts = Hosts(folder, [])
    yield hosts
    for host in hosts.started:
        host.process.kill()
        host.process.wait()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def host(hosts: Hosts) -> RunningHost:
    return hosts.start()


@pytest.fixture
def service(settings: Settings) -> Iterator[EmbeddingService]:
    """Allowed to the installation itself, and to no tenant."""
    with embedding_service() as found:
        settings.EGRESS_ALLOW_NETWORKS = [f"@{found.upstream.allowed}"]
        settings.EMBEDDER_URL = found.upstream.url("/v1")
        settings.EMBEDDER_MODEL = "words-384"
        settings.EMBEDDER_DIMENSIONS = 384
        yield found


@pytest.fixture(autouse=True)
async def _no_connection_stays() -> AsyncIterator[None]:
    yield
    await egress.aclose()
    await inside.aclose()
