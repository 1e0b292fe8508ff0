"""What stands in Valkey, seen and changed from outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import redis
from django.conf import settings


@contextmanager
def valkey() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        yield server


def keys_like(pattern: str) -> list[str]:
    with valkey() as server:
        return sorted(key.decode() for key in server.scan_iter(pattern))


def forget_all_limits() -> None:
    """As if Redis had been restarted without its file."""
    with valkey() as server:
        for key in server.scan_iter("qm:limit:*"):
            server.delete(key)


def held_leases(pattern: str = "qm:limit:*:leases") -> int:
    with valkey() as server:
        return sum(server.zcard(key) for key in server.scan_iter(pattern))


@contextmanager
def answering_late(settings: Any) -> Iterator[Callable[[], bool]]:
    """Whatever changes something is done when the block has ended. Gives whether somebody waits for that."""
    settings.REDIS_TIMEOUT_SECONDS = 60.0
    with valkey() as server:
        server.config_resetstat()
        server.client_pause(60_000, all=False)
        try:
            yield lambda: bool(server.info("clients")["blocked_clients"])
        finally:
            server.client_unpause()


def asked(command: str) -> int:
    """How often, since `answering_late` began."""
    with valkey() as server:
        counted: int = server.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"]
        return counted
