"""A load generator that costs little: kept-alive connections that send the same bytes again and again."""

import asyncio
import re
from dataclasses import dataclass
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


async def run_load(port: int, request: bytes, *, clients: int, calls: int) -> Load:
    """`calls` requests in all over `clients` connections, each sending its next when the last was answered."""
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    left = iter(range(calls))

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            start = perf_counter()
            writer.write(request)
            status = await _read_answer(reader)
            latencies.append((perf_counter() - start) * 1000)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    start = perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(perf_counter() - start, latencies, statuses)


async def _read_answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = _STATUS.match(head), _LENGTH.search(head)
    assert status, head
    assert length, head
    await reader.readexactly(int(length[1]))
    return int(status[1])
