"""A load generator that costs little: kept-alive connections that send the same bytes again and again."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from statistics import quantiles
from time import perf_counter

_STATUS = re.compile(rb"HTTP/1\.1 (\d+)")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    seconds: float
    latencies_ms: list[float]
    statuses: dict[int, int]

    @property
    def calls_per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds

    def percentile(self, rank: int) -> float:
        return quantiles(self.latencies_ms, n=100)[rank - 1]


def request_bytes(method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(frozen=True)
class Connection:
    """One that stays open."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> int:
        """The answer's status; its body is read and thrown away."""
        return (await self.ask_for_body(request))[0]

    async def ask_for_body(self, request: bytes) -> tuple[int, bytes]:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, length = _STATUS.match(head), _LENGTH.search(head)
        assert status, head
        assert length, head
        return int(status[1]), await self.reader.readexactly(int(length[1]))

    def close(self) -> None:
        self.writer.close()


async def run_load(port: int, request: bytes, *, clients: int, calls: int) -> Load:
    """`calls` requests in all over `clients` connections, each sending its next when the last was answered."""
    return await run_each(port, repeat(request, calls), clients=clients)


async def run_each(port: int, requests: Iterable[bytes], *, clients: int) -> Load:
    """The same of requests that differ."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    left = iter(requests)

    async def client() -> None:
        connection = await Connection.open(port)
        for request in left:
            start = perf_counter()
            status = await connection.ask(request)
            latencies.append((perf_counter() - start) * 1000)
            statuses[status] = statuses.get(status, 0) + 1
        connection.close()

    start = perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(perf_counter() - start, latencies, statuses)


async def run_paced(port: int, requests: Iterable[bytes], *, per_second: float) -> Load:
    """Each request when its time has come, whether or not the one before was answered."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    start = perf_counter()

    async def send(number: int, request: bytes) -> None:
        due = start + number / per_second
        await asyncio.sleep(max(0.0, due - perf_counter()))
        connection = await Connection.open(port)
        status = await connection.ask(request)
        connection.close()
        latencies.append((perf_counter() - due) * 1000)
        statuses[status] = statuses.get(status, 0) + 1

    await asyncio.gather(*(send(number, request) for number, request in enumerate(requests)))
    return Load(perf_counter() - start, latencies, statuses)
