"""One open socket: a snapshot first, then frames; whatever was missed is read from PostgreSQL."""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from accounts.api.problems import translate
from accounts.errors import Forbidden, Malformed, QuartermasterError, TooLarge
from accounts.offload import in_database_thread
from registry.errors import ReadsTooSlowly
from registry.live import changes, pace
from registry.live.admission import Visitor, admit
from registry.live.feed import group_of
from registry.live.frames import Frame, Snapshot, is_stalled, missed

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LONGEST_MESSAGE = 1000
AWAY = (RedisError, OperationalError, InterfaceError, PoolTimeout, OSError)
"""What it looks like when PostgreSQL or Redis is gone for a while. A TimeoutError is an OSError."""

PONG = '{"type":"pong"}'
RESUMED = '{"type":"resumed"}'


@dataclass(frozen=True)
class Timing:
    """In seconds."""

    recheck: float = 30
    """How often a visitor's right to be here is looked at again."""
    quiet: float = 5
    """How long nothing may be heard before the socket looks for itself."""
    after_frame: float = 1
    """The same when a frame has just come: what followed it too closely was not sent to anybody."""
    spacing: float = 0.3
    """Between two frames."""
    patience: float = 10
    """How long a client, or Redis, may take to take a message."""
    retry: float = 1
    """How soon a server that is away is tried again, at the earliest."""


class _Gone(Exception):
    """The client closed the socket."""


def close_code(why: QuartermasterError) -> int:
    return 4000 + why.status


class LiveSocket:
    """A socket from its acceptance to its end."""

    def __init__(
        self,
        visitor: Visitor,
        headers: dict[str, str],
        *,
        peer: str,
        position: int,
        receive: Receive,
        send: Send,
        timing: Timing,
    ) -> None:
        self._visitor = visitor
        self._headers = headers
        self._peer = peer
        self._position = position
        self._receive = receive
        self._asgi_send = send
        self._timing = timing
        self._layer = get_channel_layer()
        self._channel = ""
        self._hearing: asyncio.Future[dict[str, Any]] | None = None
        self._paused = False
        self._heard_lately = False
        self._next_frame_at = 0.0

    async def serve(self, first: Frame | Snapshot | None) -> None:
        self._channel = await self._layer.new_channel()
        try:
            await self._send({"type": "websocket.accept"})
            await self._tell(first)
            await self._until_one_ends(self._hear_client(), self._follow(), self._recheck())
        except _Gone:
            pass
        except Exception as error:  # noqa: BLE001  the outermost place of an open socket: it is told why it is closed
            await self._close(translate(error))
        finally:
            await self._leave()

    async def _until_one_ends(self, *works: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await _end(*tasks)
            if self._hearing is not None:
                await _end(self._hearing)

    # --- From the client ---

    async def _hear_client(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                raise _Gone
            _require_ping(message)
            await self._send_text(PONG)

    async def _recheck(self) -> None:
        """End the socket of whoever may not be here any more."""
        while True:
            await asyncio.sleep(self._timing.recheck)
            with contextlib.suppress(*AWAY):
                await asyncio.to_thread(pace.watch, self._visitor.tenant_id)
                visitor = await in_database_thread(admit, self._headers, self._peer)
                if visitor != self._visitor:
                    raise Forbidden

    # --- To the client ---

    async def _follow(self) -> None:
        while True:
            try:
                await self._join()
                await self._catch_up()
                await self._listen()
            except AWAY:
                await self._pause("A server is away. What happens is recorded and will be told.")
                await asyncio.sleep(self._timing.retry * (1 + random.random()))  # noqa: S311  spreads the load

    async def _join(self) -> None:
        async with asyncio.timeout(self._timing.patience):
            await self._layer.group_add(group_of(self._visitor.tenant_id), self._channel)
        await asyncio.to_thread(pace.watch, self._visitor.tenant_id)

    async def _listen(self) -> None:
        """Pass on what the tenant's group is sent; look oneself when it is quiet."""
        while True:
            hearing = self._hearing = self._hearing or asyncio.ensure_future(self._layer.receive(self._channel))
            quiet = self._timing.after_frame if self._heard_lately else self._timing.quiet
            heard, _ = await asyncio.wait((hearing,), timeout=quiet)
            if heard:
                self._hearing = None
                await self._pass_on(hearing.result())
            else:
                await self._look()

    async def _look(self) -> None:
        if await self._catch_up():
            await self._join()  # it should have been heard: the group may have been lost with Redis's memory

    async def _pass_on(self, message: dict[str, Any]) -> None:
        if message["type"] == changes.MESSAGE:
            await self._send_text(message["text"])
            return
        if message["upto"] <= self._position:
            return
        if message["after"] == self._position:
            await self._tell_text(message["text"], message["upto"])
        else:
            await self._catch_up()

    async def _catch_up(self) -> bool:
        """Tell what was missed; whether that was anything."""
        tenant_id = self._visitor.tenant_id
        found = await in_database_thread(missed, tenant_id, self._position)
        self._heard_lately = found is not None
        await self._tell(found)
        if found is None and await in_database_thread(is_stalled, tenant_id):
            await self._pause("The worker is away. What happens is recorded and will be told.")
        else:
            await self._resume()
        return found is not None

    async def _tell(self, found: Frame | Snapshot | None) -> None:
        if isinstance(found, Snapshot):
            await self._tell_text(found.text, found.position)
        elif found is not None:
            await self._tell_text(found.text, found.upto)

    async def _tell_text(self, text: str, position: int) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._next_frame_at - loop.time()))
        await self._resume()
        await self._send_text(text)
        self._position, self._heard_lately = position, True
        self._next_frame_at = loop.time() + self._timing.spacing

    async def _pause(self, reason: str) -> None:
        if not self._paused:
            self._paused = True
            await self._send_text(json.dumps({"type": "paused", "reason": reason}))

    async def _resume(self) -> None:
        if self._paused:
            self._paused = False
            await self._send_text(RESUMED)

    async def _send_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._timing.patience):
                await self._asgi_send(message)
        except TimeoutError as error:
            raise ReadsTooSlowly from error
        except OSError as error:
            raise _Gone from error

    async def _close(self, why: QuartermasterError) -> None:
        with contextlib.suppress(_Gone, ReadsTooSlowly):
            await self._send({"type": "websocket.close", "code": close_code(why), "reason": why.code})

    async def _leave(self) -> None:
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(self._timing.patience):
                await self._layer.group_discard(group_of(self._visitor.tenant_id), self._channel)


async def _end(*tasks: asyncio.Future[Any]) -> None:
    """Cancel until it is heard: `wait_for` of Python 3.11, which redis-py uses, may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
    await asyncio.gather(*tasks, return_exceptions=True)


def _require_ping(message: Mapping[str, Any]) -> None:
    """Raise TooLarge or Malformed for whatever is not {"type": "ping"}."""
    said = message.get("text") or ""
    if len(said) > LONGEST_MESSAGE or len(message.get("bytes") or b"") > LONGEST_MESSAGE:
        raise TooLarge("This socket listens to pings only.")
    try:
        understood = json.loads(said) == {"type": "ping"}
    except (ValueError, RecursionError):
        understood = False
    if not understood:
        raise Malformed('This socket understands {"type": "ping"} and nothing else.')
