"""The moving state that all processes share, in Redis: limits, breakers, cached answers.

Redis may vanish at any time. Every call is bounded by REDIS_TIMEOUT_SECONDS; when it fails, the corridor goes on
without (each step says what that means for it), a warning is logged, and Redis is left alone for a second, so that
a hanging server costs one call a second and not every call.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LEFT_ALONE_SECONDS = 1.0
LISTENING_SECONDS = 1.0
PREFIX = "qm:"


class _Client:
    """One connection pool per event loop, made after any fork."""

    def __init__(self) -> None:
        timeout = settings.REDIS_TIMEOUT_SECONDS
        self.redis: Redis = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
        )
        self.away_until = 0.0


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Client]" = WeakKeyDictionary()


def _client() -> _Client:
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        client = _clients[loop] = _Client()
    return client


class Script:
    """A Lua script that runs whole on the server. Calling it gives None when Redis is away."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._scripts: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncScript] = WeakKeyDictionary()

    async def __call__(self, keys: Sequence[str], args: Sequence[Any]) -> Any:
        client = _client()
        if time.monotonic() < client.away_until:
            return None
        try:
            return await self._registered(client)(keys=list(keys), args=list(args))
        except (RedisError, OSError) as error:
            _leave_alone(client, error)
            return None

    def add_to(self, pipe: Pipeline, keys: Sequence[str], args: Sequence[Any]) -> None:
        """Run it as part of a pipeline, where there is no answer to wait for."""
        pipe.eval(self.source, len(keys), *keys, *args)

    def _registered(self, client: _Client) -> AsyncScript:
        loop = asyncio.get_running_loop()
        script = self._scripts.get(loop)
        if script is None:
            script = self._scripts[loop] = client.redis.register_script(self.source)
        return script


async def get(key: str) -> bytes | None:
    """The value, or None when there is none or Redis is away."""
    client = _client()
    if time.monotonic() < client.away_until:
        return None
    try:
        value = await client.redis.get(key)
    except (RedisError, OSError) as error:
        _leave_alone(client, error)
        return None
    return value if isinstance(value, bytes) else None


@asynccontextmanager
async def pipeline(answers: list[Any] | None = None) -> AsyncIterator[Pipeline]:
    """Commands added in the block are sent in one round trip at its end; lost, with a warning, when Redis is away.

    Their answers are added to `answers`, where somebody wants them.
    """
    client = _client()
    pipe = client.redis.pipeline(transaction=False)
    yield pipe
    if not len(pipe) or time.monotonic() < client.away_until:
        return
    try:
        answered = await pipe.execute()
    except (RedisError, OSError) as error:
        _leave_alone(client, error)
        return
    if answers is not None:
        answers.extend(answered)


async def aclose() -> None:
    """Close this loop's connections."""
    client = _clients.pop(asyncio.get_running_loop(), None)
    if client is not None:
        await client.redis.aclose()


async def heard(channel: str) -> AsyncGenerator[bytes, None]:
    """What is said on a channel from now on. Raises RedisError or OSError when the connection is lost.

    redis-py's own time limits can take a cancellation's place, and its retries then go on as if nothing had been
    asked. So whoever listens is looked at once a second: no cancellation is lost for longer.
    """
    client = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS)
    try:
        async with client, client.pubsub(ignore_subscribe_messages=True) as listening:
            await listening.subscribe(channel)
            while not _is_cancelled():
                message = await listening.get_message(timeout=LISTENING_SECONDS)
                if message is not None:
                    yield message["data"]
    finally:
        if _is_cancelled():
            raise asyncio.CancelledError


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _leave_alone(client: _Client, error: Exception) -> None:
    client.away_until = time.monotonic() + LEFT_ALONE_SECONDS
    log.warning(
        "Redis is away (%s): limits, breakers and the cache are out of force.",
        type(error).__name__,
        extra={"action": "redis_away"},
    )
