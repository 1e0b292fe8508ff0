"""The host's app with a model in memory, on a real socket: asked as its clients ask, and as nobody should."""
# ruff: noqa: ASYNC110 - what is waited for happens in the server

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn
from pytest_django import Settings

from integrations.egress import inside
from integrations.egress.inside import InsideAnswer, post
from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.host.app import Host, Model
from integrations.embedding.host.client import Hosted
from integrations.embedding.host.queue import MOST_WAITING
from integrations.embedding.host.wire import LARGEST_BODY, Asked, unpacked, written
from integrations.embedding.lexical_hash import vector_of
from integrations.embedding.minilm.facts import FACTS
from integrations.embedding.minilm.files import ModelUnusable
from integrations.errors import EmbedderUnavailable


class Words:
    """A model that needs no files."""

    facts: ModelFacts = FACTS

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_closed = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked += texts
        await self.gate.wait()
        return [vector_of(text) for text in texts]

    def close(self) -> None:
        self.is_closed = True


@asynccontextmanager
async def serving(load: Callable[[], Model], *, prewarm: bool = False) -> AsyncIterator[str]:
    """The URL of a host."""
    with tempfile.TemporaryDirectory(prefix="qm-app-") as folder:
        path = Path(folder) / "host.sock"
        config = uvicorn.Config(Host(load, prewarm=prewarm), uds=str(path), log_config=None, ws="none")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"unix://{path}"
        finally:
            server.should_exit = True
            await inside.aclose()
            await running


async def ask(url: str, body: bytes, path: str = "/embed") -> InsideAnswer:
    return await post(url, path, body, timeout_seconds=30, largest=1_000_000)


async def health(url: str) -> dict[str, object]:
    path = url.removeprefix("unix://")
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    found: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


async def test_it_answers_with_vectors() -> None:
    async with serving(Words) as url:
        answer = await ask(url, written(Asked(FACTS.id, ["one", "two"])))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream")
    one, two = unpacked(answer.body, count=2, dimensions=384)
    assert one == pytest.approx(vector_of("one"), abs=1e-6)
    assert two == pytest.approx(vector_of("two"), abs=1e-6)


async def test_it_loads_the_model_when_somebody_asks_and_once() -> None:
    loaded: list[Words] = []

    def load() -> Words:
        loaded.append(Words())
        return loaded[-1]

    async with serving(load) as url:
        assert await health(url) == {"status": "ok", "model": FACTS.id, "loaded": False, "waiting": 0}
        await asyncio.gather(*(ask(url, written(Asked(FACTS.id, ["a"]))) for _ in range(5)))
        assert (await health(url))["loaded"] is True
        assert len(loaded) == 1
    assert loaded[0].is_closed


async def test_it_loads_it_at_once_where_that_is_wanted() -> None:
    async with serving(Words, prewarm=True) as url:
        while not (await health(url))["loaded"]:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("prewarm", [False, True])
async def test_without_a_model_it_says_why_and_tries_again(prewarm: bool) -> None:
    broken = True

    def load() -> Words:
        if broken:
            raise ModelUnusable("The model is not installed.")
        return Words()

    async with serving(load, prewarm=prewarm) as url:
        answer = await ask(url, written(Asked(FACTS.id, ["a"])))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert json.loads(answer.body) == {"detail": "The model is not installed."}
        broken = False
        assert (await ask(url, written(Asked(FACTS.id, ["a"])))).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/embed", b"nonsense", 400, "The body is JSON."),
        ("/embed", written(Asked("another", ["a"])), 404, "This host has minilm-l6-v2 and no other model."),
        ("/healthz", b"", 404, "Here are POST /embed and GET /healthz."),
        ("/elsewhere", b"", 404, "Here are POST /embed and GET /healthz."),
        ("/embed", b" " * (LARGEST_BODY + 1), 413, f"The body has more than {LARGEST_BODY} bytes."),
    ],
    ids=["nonsense", "model", "method", "path", "size"],
)
async def test_it_refuses_what_it_does_not_know(path: str, body: bytes, status: int, said: str) -> None:
    model = Words()
    async with serving(lambda: model) as url:
        answer = await ask(url, body, path)
    assert (answer.status, json.loads(answer.body)) == (status, {"detail": said})
    assert model.asked == []


async def test_it_sends_away_what_would_wait_in_vain(settings: Settings) -> None:
    model = Words()
    model.gate.clear()
    async with serving(lambda: model) as url:
        settings.HOST_URL = url
        waiting = [asyncio.create_task(Hosted(FACTS).embed(["x"] * 256)) for _ in range(MOST_WAITING // 256)]
        # Of the first one, a batch is worked on.
        while (await health(url))["waiting"] != MOST_WAITING - 16:
            await asyncio.sleep(0.01)
        with pytest.raises(EmbedderUnavailable, match=r"The host answers 503: .*Too many texts wait already") as caught:
            await Hosted(FACTS).embed(["y"] * 17)
        assert caught.value.retry_after == 1
        model.gate.set()
        assert [len(each) for each in await asyncio.gather(*waiting)] == [256] * 8


async def test_what_nobody_waits_for_any_more_is_not_computed(settings: Settings) -> None:
    model = Words()
    model.gate.clear()
    async with serving(lambda: model) as url:
        settings.HOST_URL = url
        first = asyncio.create_task(Hosted(FACTS).embed(["first"]))
        while model.asked != ["first"]:
            await asyncio.sleep(0.01)
        gone = asyncio.create_task(Hosted(FACTS).embed(["gone"]))
        while (await health(url))["waiting"] != 1:
            await asyncio.sleep(0.01)
        gone.cancel()
        while (await health(url))["waiting"] != 0:
            await asyncio.sleep(0.01)
        model.gate.set()
        await first
    assert model.asked == ["first"]
