"""Everywhere that something of a call could have stayed or been shown, as bytes to look through."""

import re
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.test import Client
from psycopg import sql

from tests.browsing import Visitor
from tests.corridor import Corridor
from tests.servers import Servers
from tests.test_isolation import addresses

_TABLES = """
SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""
MOST_OF_A_KIND = 12
MOST_THAT_ASK = 3
"""Pages that ask whether a tool, version or breaker is to be changed show of each no more than its name."""
"""So many things of a list are looked at one by one: what they show stands in the tables, which are read whole."""
_ID = re.compile(rb'[{,]"id":"([0-9a-f-]{36})"')
_HREF = re.compile(rb'href="(/admin/[^"#?]*)')
_NAMED = re.compile(r"/[0-9a-f-]{36}/|(?<=/connectors)/[a-z0-9-]+/")
_ASKS = re.compile(r"/admin/registry/\w+/…/(disable|retire|deprecate|hold-breaker)/")
_NOT_A_PAGE = ("/logout/", "/jsi18n/")


def in_the_database(servers: Servers) -> Iterator[tuple[str, bytes]]:
    """Every column of every row, as a superuser sees it; what is binary as the bytes that it is."""
    with servers.connect_as_superuser() as database:
        for schema, table in database.execute(_TABLES).fetchall():
            yield f"table {table}", b"\n".join(_rows(database, schema, table))


def _rows(database: psycopg.Connection, schema: str, table: str) -> Iterator[bytes]:
    for row in database.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))):
        for value in row:
            yield bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            if isinstance(value, dict | list):
                yield from map(str.encode, leaves(value))


def leaves(value: Any) -> Iterator[str]:
    """The names and texts of a JSON value, then all texts as one: what came in parts may be put together again."""
    yield from _names(value)
    yield from _texts(value)
    yield together(value)


def together(value: Any) -> str:
    return "".join(_texts(value))


def _names(value: Any) -> Iterator[str]:
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _names(inner)
    if isinstance(value, dict):
        yield from value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    else:
        yield str(value)


def in_valkey() -> Iterator[tuple[str, bytes]]:
    """Every key with what it holds, Celery's queues among them."""
    with redis.Redis.from_url(settings.REDIS_URL) as cache:
        for key in cache.scan_iter():
            kind = "queue" if b"celery" in key else "key"
            yield f"{kind} {key.decode(errors='replace')}", key + b"\n" + repr(_held(cache, key)).encode()


@contextmanager
def listening_to_valkey() -> Iterator[list[bytes]]:
    """Everything that is said to it meanwhile, what is only passed on (Celery's tasks, the live feed) among it."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(urlsplit(settings.REDIS_URL).path)
        line.sendall(b"MONITOR\r\n")
        assert line.recv(5) == b"+OK\r\n"
        listener = threading.Thread(target=_listen, args=(line, heard))
        listener.start()
        try:
            yield heard
        finally:
            line.shutdown(socket.SHUT_RDWR)
            listener.join()


def _listen(line: socket.socket, heard: list[bytes]) -> None:
    while said := line.recv(65_536):
        heard.append(said)


def _held(cache: redis.Redis, key: bytes) -> Any:
    read: dict[bytes, Callable[[], Any]] = {
        b"string": lambda: cache.get(key),
        b"hash": lambda: cache.hgetall(key),
        b"list": lambda: cache.lrange(key, 0, -1),
        b"set": lambda: cache.smembers(key),
        b"zset": lambda: cache.zrange(key, 0, -1, withscores=True),
        b"stream": lambda: cache.xrange(key),
    }
    return read[cache.type(key)]()  # type: ignore[index]


def in_files(servers: Servers) -> Iterator[tuple[str, bytes]]:
    """Everything below DATA_DIR: logs, artifacts, what the metrics count, and PostgreSQL's own files with its WAL."""
    with servers.connect_as_superuser() as database:
        database.execute("CHECKPOINT")
    for path in sorted(servers.data_dir.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"file {path.relative_to(servers.data_dir)}", _content(path)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # PostgreSQL removes its own
        return b""


def on_admin_pages(corridor: Corridor, visitor: Visitor) -> Iterator[tuple[str, bytes]]:
    """Every page that links lead to from the first one, and of things of one kind the first ones."""
    waiting, seen, kinds = deque(["/admin/"]), set[str](), Counter[str]()
    while waiting:
        address = waiting.popleft()
        kind = _NAMED.sub("/…/", address)
        if address in seen or kinds[kind] >= _most_of(kind) or any(part in address for part in _NOT_A_PAGE):
            continue
        seen.add(address)
        kinds[kind] += 1
        content = corridor.loop.run(whole(visitor.get(address)))
        yield f"page {address}", content
        waiting += [href.decode() for href in _HREF.findall(content)]


def _most_of(kind: str) -> int:
    return MOST_THAT_ASK if _ASKS.fullmatch(kind) else MOST_OF_A_KIND


def told_by_the_api(corridor: Corridor, *more: str) -> Iterator[tuple[str, bytes]]:
    """Whatever can be read without naming a thing, the newest of what is listed there, and `more`."""
    asked = [path for path, pattern in addresses() if "<" not in path and "get" in pattern.callback.cls.rights]  # type: ignore[attr-defined]
    for path in asked:
        answer = corridor.get(path)
        content = corridor.loop.run(whole(answer))
        yield f"answer {answer.status_code} {path}", content
        more = (*more, *(f"{path}{id_.decode()}/" for id_ in _ID.findall(content)[:MOST_OF_A_KIND]))
    for path in more:
        answer = corridor.get(path)
        yield f"answer {answer.status_code} {path}", corridor.loop.run(whole(answer))


async def whole(answer: Any) -> bytes:
    return b"".join([piece async for piece in answer.streaming_content]) if answer.streaming else answer.content


def told_by_the_metrics() -> Iterator[tuple[str, bytes]]:
    yield "metrics", Client().get("/metrics").content
