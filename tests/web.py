"""The web process as it is served: uvicorn with the whole application, on the run's own PostgreSQL and Valkey."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from config.embedded import children

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Web:
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def live(self) -> str:
        return f"ws://{self.host}/ws/live/"

    def execute(self, tool: str, values: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """The execution, which has to succeed."""
        address = f"{self.url}/api/v1/tools/{tool}/execute/"
        response = requests.post(address, json={"input": values}, headers=headers, timeout=30)
        assert response.ok, response.text
        execution: dict[str, Any] = response.json()
        return execution


@contextmanager
def serving(**environment: str) -> Iterator[Web]:
    """Whoever connects before it is ready waits in the listening socket's queue."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = children.spawn(
            [sys.executable, "-m", "config.web", "--fd", str(listening.fileno())],
            death_signal=signal.SIGTERM,
            env={**os.environ, **environment},
            cwd=ROOT,
            output=None,
            pass_fds=[listening.fileno()],
        )
        yield Web(listening.getsockname()[1])
        children.stop(process, ((signal.SIGTERM, 15.0),))


@pytest.fixture(scope="session")
def web(django_db_setup: None) -> Iterator[Web]:
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def streaming_web(django_db_setup: None) -> Iterator[Web]:
    """One that may call services on this machine."""
    with serving(EGRESS_ALLOW_NETWORKS="127.0.0.1/32") as served:
        yield served
