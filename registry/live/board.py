"""The few values that all processes share, in Redis, for synchronous code. Each call is bounded; away is no error.

After a failure Redis is left alone for a second, so that a hanging server costs one call a second.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

PREFIX = "qm:feed:"
LEFT_ALONE_SECONDS = 1.0

_away_until = 0.0


@cache
def _redis() -> Redis:
    timeout = settings.REDIS_TIMEOUT_SECONDS
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )


def forget() -> None:
    """Start anew with the settings as they are: another address, and no memory of having been away."""
    global _away_until  # noqa: PLW0603
    _redis.cache_clear()
    _away_until = 0.0


def read(keys: Sequence[str]) -> list[bytes | None]:
    """The value of each key; None for one that is not there, and for all of them when Redis is away."""
    return _asked(lambda redis: redis.mget([PREFIX + key for key in keys])) or [None] * len(keys)


def write(values: Mapping[str, str], *, seconds: int) -> None:
    """Keep these values for so long; lost when Redis is away."""

    def work(redis: Redis) -> None:
        with redis.pipeline(transaction=False) as pipe:
            for key, value in values.items():
                pipe.set(PREFIX + key, value, ex=seconds)
            pipe.execute()

    if values:
        _asked(work)


def run(script: str, keys: Iterable[str], arguments: Iterable[int]) -> Any:
    """What a Lua script answers; None when Redis is away."""
    full = [PREFIX + key for key in keys]
    return _asked(lambda redis: redis.eval(script, len(full), *full, *arguments))


def evaluate(script: str, keys: Sequence[str], arguments: Sequence[str | int]) -> Any:
    """The same for keys of others, named in full."""
    return _asked(lambda redis: redis.eval(script, len(keys), *keys, *arguments))


def _asked(work: Any) -> Any:
    global _away_until  # noqa: PLW0603  one server, one process, one memory of it
    if time.monotonic() < _away_until:
        return None
    try:
        return work(_redis())
    except (RedisError, OSError) as error:
        _away_until = time.monotonic() + LEFT_ALONE_SECONDS
        log.warning("Redis is away (%s): live updates pause.", type(error).__name__, extra={"action": "redis_away"})
        return None
