"""The moving state that all processes share, in Redis: limits, breakers, cached answers.

Redis may vanish at any time. Every call is bounded by REDIS_TIMEOUT_SECONDS; when it fails, the corridor goes on
without (each step says what that means for it), a warning is logged, and Redis is left alone for a second, so that
a hanging server costs one call a second and not every call.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from accounts.together import Together

log = logging.getLogger(__name__)

LEFT_ALONE_SECONDS = 1.0
LISTENING_SECONDS = 1.0
SLICES = 10
"""In how many parts the time is measured that Redis has for an answer."""
MOST_TOGETHER = 200
PREFIX = "qm:"

Words: TypeAlias = tuple[str | bytes | int | float, ...]
"""One command, as it is sent."""


class _Client:
    """One for each event loop, made after any fork."""

    def __init__(self) -> None:
        # No time limits but our own: they are for a whole trip, and fair to a loop that is late itself.
        self.redis: Redis = Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0))
        self.away_until = 0.0

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self.away_until


_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Client]" = WeakKeyDictionary()


def _client() -> _Client:
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        client = _clients[loop] = _Client()
    return client


class Commands:
    """Commands to be sent together. Their answers come in the order in which they were added."""

    def __init__(self) -> None:
        self.added: list[Words] = []

    def __len__(self) -> int:
        return len(self.added)

    def add(self, *words: str | bytes | float) -> None:
        self.added.append(words)


class Script:
    """A Lua script that runs whole on the server. Calling it gives None when Redis is away."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()  # as Redis names scripts

    async def __call__(self, keys: Sequence[str], args: Sequence[Any]) -> Any:
        try:
            return await _ask_one("EVALSHA", self._digest, len(keys), *keys, *args)
        except NoScriptError:
            return await _ask_one("EVAL", self.source, len(keys), *keys, *args)

    def add_to(self, commands: Commands, keys: Sequence[str], args: Sequence[Any]) -> None:
        """Run it together with others."""
        commands.add("EVAL", self.source, len(keys), *keys, *args)


async def get(key: str) -> bytes | None:
    """The value, or None when there is none or Redis is away."""
    value = await _ask_one("GET", key)
    return value if isinstance(value, bytes) else None


@asynccontextmanager
async def together(answers: list[Any] | None = None) -> AsyncIterator[Commands]:
    """Commands added in the block are sent in one trip at its end; lost, with a warning, when Redis is away.

    Their answers are added to `answers`, where somebody wants them.
    """
    commands = Commands()
    yield commands
    answered = await _ask(commands.added) if commands.added else []
    if answers is not None:
        answers.extend(answered or [])


async def _ask_one(*words: Any) -> Any:
    """Its answer; None when Redis is away. Raises NoScriptError."""
    answered = await _ask([words])
    if answered is None:
        return None
    if isinstance(answered[0], NoScriptError):
        raise answered[0]
    return answered[0]


async def _ask(commands: Sequence[Words]) -> list[Any] | None:
    """The answers to all of them; None when Redis is away, or refused one of them."""
    client = _client()
    if client.is_away:
        return None
    try:
        return await _trips(commands)
    except (RedisError, OSError):
        return None


async def _travel(asked: Sequence[Sequence[Words]]) -> list[list[Any] | Exception]:
    """What many ask at the same time, in one trip. Whoever asked is told only of their own commands."""
    client = _client()
    if client.is_away:
        raise RedisTimeout("Redis did not answer those who asked before.")
    try:
        answers = iter(await _in_time(_send(client, [words for commands in asked for words in commands])))
    except (RedisError, OSError) as error:
        _leave_alone(client, error)
        raise
    return [_answered(client, [next(answers) for _ in commands]) for commands in asked]


def _answered(client: _Client, answers: list[Any]) -> list[Any] | Exception:
    refused = next((each for each in answers if isinstance(each, RedisError)), None)
    if refused is None or isinstance(refused, NoScriptError):
        return answers
    _leave_alone(client, refused)  # full, read-only, or still loading what it kept
    return refused


async def _send(client: _Client, commands: Sequence[Words]) -> list[Any]:
    pipe = client.redis.pipeline(transaction=False)
    for words in commands:
        pipe.execute_command(*words)
    answers: list[Any] = await pipe.execute(raise_on_error=False)
    return answers


async def _in_time(trip: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """Raises RedisTimeout after REDIS_TIMEOUT_SECONDS, of which a loop that was busy all the while loses a slice.

    Else a process with much to do would take an answer that waits to be read for one that never came, and let calls
    in uncounted, just when there are too many of them.
    """
    travelling = asyncio.ensure_future(trip)
    try:
        for _ in range(SLICES):
            await asyncio.wait((travelling,), timeout=settings.REDIS_TIMEOUT_SECONDS / SLICES)
            if travelling.done():
                return travelling.result()
        raise RedisTimeout("Redis has not answered in time.")
    finally:
        travelling.cancel()


_trips: Together[Sequence[Words], list[Any]] = Together(_travel, most=MOST_TOGETHER)


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
