"""The door of calls whose answer is told while it arrives: Server-Sent Events once there is something to tell."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import asdict
from functools import partial
from typing import Any

from accounts.api.event_streams import KEEP_ALIVE, KEEP_ALIVE_SECONDS, EventStreamResponse, frame
from accounts.api.problems import problem, translate
from registry.api.outcomes import represent_outcome
from registry.errors import Cancelled, TakesTooSlowly
from registry.execution.pipeline import execute
from registry.execution.types import Nobody, Outcome, Progress, Target, ToolCall
from registry.limits.bounds import Taken
from registry.models.execution import UNFINISHED
from registry.transports.base import Chunk

CHUNKS_WAITING = 8
"""Parts of an answer that wait for the client; when there are more, the service has to wait."""
PATIENCE_SECONDS = 30.0
"""How long the service waits for a client that does not read, before the call is given up."""


async def stream(call: ToolCall) -> Outcome | EventStreamResponse:
    """The outcome where the call ended with nothing to tell before; a stream from its first part on."""
    told = _Told()
    running = asyncio.create_task(execute(call, told))
    try:
        await told.wait(running, KEEP_ALIVE_SECONDS)
        if running.done() and told.is_empty:
            outcome = await running
            if outcome.error is not None or outcome.status in UNFINISHED:
                return outcome
    except BaseException:
        await _end(running)
        raise
    return EventStreamResponse(_frames(call, told, running), end=partial(_end, running))


class _Told(Nobody):
    """What a running call told, until the client takes it."""

    def __init__(self) -> None:
        self._is_open = False
        self.target: Target | None = None
        self.progress: Progress | None = None
        self._chunks: asyncio.Queue[Chunk] = asyncio.Queue(CHUNKS_WAITING)
        self._news = asyncio.Event()

    @property
    def is_this_one(self) -> bool:
        """Whether what is told is this call: until then it may turn out to be an earlier one, told under its key."""
        return self._is_open or self.has_news

    @property
    def has_news(self) -> bool:
        return self.progress is not None or not self.is_empty

    @property
    def is_empty(self) -> bool:
        return self._chunks.empty()

    def opened(self, limits: Taken | None) -> None:
        self._is_open = True

    def sending(self, target: Target) -> None:
        self.target = target

    def progressed(self, progress: Progress) -> None:
        self.progress = progress
        self._news.set()

    async def chunk(self, chunk: Chunk) -> None:
        if self._chunks.full():
            await self._make_room(chunk)
        else:
            self._chunks.put_nowait(chunk)
        self._news.set()

    def take(self) -> Chunk | None:
        return None if self._chunks.empty() else self._chunks.get_nowait()

    def take_progress(self) -> Progress | None:
        progress, self.progress = self.progress, None
        return progress

    async def wait(self, running: "asyncio.Task[Outcome]", seconds: float) -> bool:
        """Until there is a part, or progress, or the call has ended; whether that was in time."""
        if self.has_news or running.done():
            return True
        self._news.clear()
        news = asyncio.ensure_future(self._news.wait())
        try:
            done, _ = await asyncio.wait((news, running), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        return bool(done)

    async def _make_room(self, chunk: Chunk) -> None:
        patience = asyncio.timeout(PATIENCE_SECONDS)
        try:
            async with patience:
                await self._chunks.put(chunk)
        except TimeoutError as error:
            raise TakesTooSlowly from error


async def _frames(call: ToolCall, told: _Told, running: "asyncio.Task[Outcome]") -> AsyncGenerator[bytes, None]:
    while not (told.is_this_one or running.done()):
        if not await told.wait(running, KEEP_ALIVE_SECONDS):
            yield KEEP_ALIVE
    yield frame("start", _represent_start(call, told, running))
    count = 0
    while told.has_news or not running.done():
        if not await told.wait(running, KEEP_ALIVE_SECONDS):
            yield KEEP_ALIVE
        if progress := told.take_progress():
            yield frame("progress", asdict(progress))
        while (chunk := told.take()) is not None:
            yield frame("chunk", _represent(chunk, count), id=str(count))
            count += 1
    yield _last(call, running)


def _represent_start(call: ToolCall, told: _Told, running: "asyncio.Task[Outcome]") -> dict[str, Any]:
    """Of the execution that this is about: of a call made under a key, that is perhaps an earlier one."""
    if (ended := _outcome(running)) is not None:
        return {"execution_id": ended.id, "tool": call.tool, "version": ended.version}
    return {"execution_id": call.execution_id, "tool": call.tool, "version": told.target.version if told.target else ""}


def _outcome(running: "asyncio.Task[Outcome]") -> Outcome | None:
    """What it ended with; None while it runs, or where nothing could be recorded."""
    ended = running.done() and not running.cancelled() and running.exception() is None
    return running.result() if ended else None


def _represent(chunk: Chunk, count: int) -> dict[str, Any]:
    shown = {"index": count, "data": chunk.data}
    return shown | {"event": chunk.event} if chunk.event else shown


def _last(call: ToolCall, running: "asyncio.Task[Outcome]") -> bytes:
    """How it ended: the execution, or why there is none."""
    outcome = _outcome(running)
    if outcome is None:
        raised = None if running.cancelled() else running.exception()
        error = problem(translate(raised) if isinstance(raised, Exception) else Cancelled())
        return frame("error", error | {"execution_id": call.execution_id})
    if outcome.error is None:
        return frame("end", represent_outcome(outcome))
    return frame("error", outcome.error | {"execution_id": outcome.id})


async def _end(running: "asyncio.Task[Outcome]") -> None:
    """The client went, or everything was told: a call that still runs is cancelled, and has been recorded then."""
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
