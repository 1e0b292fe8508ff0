"""What stands in Valkey, seen and changed from outside."""

from collections.abc import Iterator
from contextlib import contextmanager

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
