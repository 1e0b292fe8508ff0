"""Two web processes, two workers, and many callers at the same moment."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from config.embedded import children
from config.supervisor.services import WORKER
from tests.upstream import Scripted
from tests.web import ROOT, Web, serving

ALLOWED = {"EGRESS_ALLOW_NETWORKS": "127.0.0.1/32"}
PATIENCE_SECONDS = 60
"""An answer that takes longer is none: nothing here may hang."""


@contextmanager
def webs(number: int, **environment: str) -> Iterator[list[Web]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving(**ALLOWED, **environment)) for _ in range(number)]


@contextmanager
def workers(number: int) -> Iterator[None]:
    started = [
        children.spawn(
            [sys.executable, *WORKER, "--hostname", f"hammer-{index}@%h"],
            death_signal=signal.SIGTERM,
            env={**os.environ, **ALLOWED},
            cwd=ROOT,
        )
        for index in range(number)
    ]
    try:
        yield
    finally:
        for process in started:
            children.stop(process, ((signal.SIGTERM, 20.0),))


@dataclass(frozen=True)
class Said:
    """What one caller was answered."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    """By name in any case."""

    @property
    def code(self) -> str:
        """The problem's, or the execution's status."""
        return str(self.body.get("code") or self.body["status"])


class Callers:
    """Calls through the web processes in turn, as many at once as `together` says."""

    def __init__(self, through: list[Web], headers: dict[str, str]) -> None:
        self.through, self.headers = through, headers

    def call(
        self,
        number: int,
        values: dict[str, Any] | None = None,
        *,
        tool: str = "crm-find",
        mode: str = "sync",
        key: str = "",
    ) -> Said:
        web = self.through[number % len(self.through)]
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        body = {"tool": tool, "input": values or {"account": 7}, "mode": mode}
        answer = requests.post(f"{web.url}/api/v1/executions/", json=body, headers=headers, timeout=PATIENCE_SECONDS)
        return Said(answer.status_code, answer.json(), answer.headers)

    def together(self, calls: int, one: Callable[[int], Said], *, at_once: int = 16) -> list[Said]:
        with ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(one, range(calls)))


@dataclass
class Crowd:
    """Counts how many requests a service has at the same time."""

    now: int = 0
    most: int = 0
    seconds: float = 0.05
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self) -> Scripted:
        return Scripted(before=self._take_part)

    def _take_part(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        threading.Event().wait(self.seconds)
        with self._lock:
            self.now -= 1
