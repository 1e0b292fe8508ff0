"""Telling the process that runs an execution to stop it, wherever it is: a word through Redis, which may get lost."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

import redis
from django.conf import settings
from redis.exceptions import RedisError

from registry.execution.shared import PREFIX, heard

log = logging.getLogger(__name__)

CHANNEL = f"{PREFIX}cancel"
RETRY_SECONDS = 1.0


def tell(execution_id: UUID) -> None:
    """Bounded in time. When Redis is away, the tick of the process that runs it finds out by itself."""
    timeout = settings.REDIS_TIMEOUT_SECONDS
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=timeout, socket_connect_timeout=timeout) as client:
            client.publish(CHANNEL, str(execution_id))
    except (RedisError, OSError) as error:
        log.warning("A cancellation was not passed on (%s).", type(error).__name__, extra={"action": "cancel_not_told"})


async def listen(told: Callable[[UUID], None]) -> None:
    """For ever: call `told` with each execution that somebody wants cancelled."""
    while True:
        try:
            await _listen(told)
        except (RedisError, OSError, ValueError):  # away, or somebody said what is no id
            await asyncio.sleep(RETRY_SECONDS)


async def _listen(told: Callable[[UUID], None]) -> None:
    async with aclosing(heard(CHANNEL)) as messages:
        async for said in messages:
            told(UUID(said.decode()))
