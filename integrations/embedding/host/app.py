"""The host's ASGI app: texts in, vectors out. The model is loaded when somebody first asks, or at once (HOST_PREWARM).

POST /embed     {"model": "minilm-l6-v2", "texts": ["…"]}  ->  little-endian float32, one vector after the other
GET  /healthz   {"status": "ok", "model": "minilm-l6-v2", "loaded": false, "waiting": 0}
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.host.queue import Full, Queue
from integrations.embedding.host.wire import LARGEST_BODY, PATH, NotUnderstood, packed, read
from integrations.embedding.minilm.facts import FACTS
from integrations.embedding.minilm.files import ModelUnusable

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEALTH = "/healthz"
RETRY_AFTER_SECONDS = 1

log = logging.getLogger(__name__)


class Model(Protocol):
    """An embedder that was loaded, and can be let go."""

    @property
    def facts(self) -> ModelFacts: ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]: ...

    def close(self) -> None: ...


def load_minilm() -> Model:
    """Raises ModelUnusable. By its name: importing it loads numpy, which nobody pays for who embeds nothing."""
    model: Model = import_module("integrations.embedding.minilm.model").MiniLM.load()
    return model


class Gone(Exception):
    """Whoever asked has hung up."""


class Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Host:
    def __init__(self, load: Callable[[], Model] = load_minilm, *, prewarm: bool = False) -> None:
        self._load = load
        self._prewarm = prewarm
        self._model: Model | None = None
        self._loading = asyncio.Lock()
        self._queue = Queue(self._compute)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._answer(scope, receive, send)
            except Gone:
                return
            except Refused as error:
                await _send(send, error.status, _json({"detail": str(error)}))

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        asked = (scope["method"], scope["path"])
        if asked == ("GET", HEALTH):
            await _send(send, 200, _json(self._health()))
        elif asked == ("POST", PATH):
            vectors = await self._vectors(await _body(receive), receive)
            await _send(send, 200, packed(vectors), kind=b"application/octet-stream")
        else:
            raise Refused(404, f"Here are POST {PATH} and GET {HEALTH}.")

    def _health(self) -> dict[str, object]:
        loaded = self._model is not None
        return {"status": "ok", "model": FACTS.id, "loaded": loaded, "waiting": self._queue.waiting}

    async def _vectors(self, body: bytes, receive: Receive) -> list[Vector]:
        try:
            asked = read(body)
        except NotUnderstood as error:
            raise Refused(400, str(error)) from None
        if asked.model != FACTS.id:
            raise Refused(404, f"This host has {FACTS.id} and no other model.")
        try:
            return await _unless_gone(self._queue.vectors(asked.texts), receive)
        except Full:
            raise Refused(503, "Too many texts wait already. Try again in a moment.") from None
        except ModelUnusable as error:
            raise Refused(503, str(error)) from None

    async def _compute(self, texts: Sequence[str]) -> Sequence[Vector]:
        return await (await self._loaded()).embed(texts)

    async def _loaded(self) -> Model:
        async with self._loading:
            if self._model is None:
                self._model = await asyncio.to_thread(self._load)
                log.info("The model %s is loaded.", FACTS.id, extra={"action": "model_loaded"})
            return self._model

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            is_over = message["type"] == "lifespan.shutdown"
            if is_over:
                await self._end()
            else:
                self._begin()
            await send({"type": f"{message['type']}.complete"})
            if is_over:
                return

    def _begin(self) -> None:
        self._tasks.append(asyncio.create_task(self._queue.run()))
        if self._prewarm:
            self._tasks.append(asyncio.create_task(self._warm()))

    async def _warm(self) -> None:
        try:
            await self._loaded()
        except ModelUnusable as error:
            log.warning("The model cannot be loaded: %s", error, extra={"action": "model_unusable"})

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._model is not None:
            self._model.close()


async def _body(receive: Receive) -> bytes:
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > LARGEST_BODY:
            raise Refused(413, f"The body has more than {LARGEST_BODY} bytes.")
        if not message.get("more_body"):
            return b"".join(pieces)


async def _unless_gone(work: Awaitable[list[Vector]], receive: Receive) -> list[Vector]:
    """What is asked for by somebody who hangs up is not computed, as far as it has not begun."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_hung_up(receive))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Gone
        return working.result()
    finally:
        working.cancel()
        gone.cancel()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, status: int, body: bytes, *, kind: bytes = b"application/json") -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _json(content: dict[str, object]) -> bytes:
    return json.dumps(content).encode()
