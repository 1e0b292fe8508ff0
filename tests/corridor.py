"""One event loop for all tests of the corridor, in a thread of its own, so that the tests stay synchronous."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from accounts.authenticate import authenticate
from accounts.offload import in_database_thread
from integrations.egress.asynchronous import aclose
from registry.execution import shared, watch
from registry.execution.pipeline import execute
from registry.execution.types import Outcome, ToolCall
from tests.doors import AsyncApi, Json

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedASGIResponse as AsyncAnswer

T = TypeVar("T")
PATIENCE_SECONDS = 30


class Loop:
    def __init__(self) -> None:
        self.event_loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.event_loop.run_forever, name="corridor", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self.event_loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.start(work).result(PATIENCE_SECONDS)

    def close(self) -> None:
        self.run(watch.aclose())
        self.run(aclose())
        self.run(shared.aclose())
        self.event_loop.call_soon_threadsafe(self.event_loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self.event_loop.close()


class Corridor:
    """`corridor.call("crm-find", {"account": 7})` as the agent whose key it is."""

    def __init__(self, loop: Loop, key: str) -> None:
        self.loop = loop
        self.key = key
        self.api = AsyncApi(key)

    def as_(self, key: str) -> "Corridor":
        return Corridor(self.loop, key)

    def call(self, tool: str, values: dict[str, Any], **more: Any) -> Outcome:
        return self.loop.run(self._call(tool, values, **more))

    def start(self, tool: str, values: dict[str, Any], **more: Any) -> "Future[Outcome]":
        return self.loop.start(self._call(tool, values, **more))

    def post(self, path: str, body: Json, **headers: str) -> "AsyncAnswer":
        """The same through the API's door."""
        return self.loop.run(self.api.post(path, body, **headers))

    def send(self, method: str, path: str, body: Json) -> "AsyncAnswer":
        return self.loop.run(self.api.send(method, path, body))

    def get(self, path: str, query: dict[str, Any] | None = None) -> "AsyncAnswer":
        return self.loop.run(self.api.get(path, query))

    async def _call(self, tool: str, values: dict[str, Any], **more: Any) -> Outcome:
        caller = await in_database_thread(authenticate, f"Bearer {self.key}")
        return await execute(ToolCall(caller=caller, tool=tool, input=values, **more))


@pytest.fixture(scope="session")
def corridor_loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def own_loop(corridor_loop: Loop) -> Iterator[Loop]:
    """That of another process, which may end before the others."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def corridor(corridor_loop: Loop, scout_key: str) -> Corridor:
    return Corridor(corridor_loop, scout_key)


@pytest.fixture
def spy_corridor(corridor_loop: Loop, spy_key: str) -> Corridor:
    return Corridor(corridor_loop, spy_key)
