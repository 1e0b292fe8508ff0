"""What a batch of 50 independent calls of a 100 ms upstream takes.

    python3 run.py bench batch [--calls 50] [--wait-ms 100] [--rounds 9]

The same batch of a tool that only reads (one durable write a call), of one that writes (two), and of one that writes
under an Idempotency-Key, beside calling the upstream directly as often at once.
"""

import argparse
import asyncio
import json
from statistics import median
from time import perf_counter
from typing import Any

import uvloop

from benchmarks.load import Load, request_bytes, run_load
from benchmarks.overhead import READS
from benchmarks.world import World, cpu_seconds, world

URL = "{upstream}/wait/%d"
BODY = {"account": 7, "email": "ada@example.com"}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench batch", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=50, help="calls of a batch")
    parser.add_argument("--wait-ms", type=int, default=100, help="milliseconds that the upstream takes")
    parser.add_argument("--rounds", type=int, default=9, help="the median of this many batches is shown")
    options = parser.parse_args(argv)
    definition = {"method": "POST", "url": URL % options.wait_ms, "body": "rest"}
    tools = [
        {**READS, "slug": f"bench-{name}", "definition": definition, "read_only": name == "reads"}
        for name in ("reads", "writes")
    ]
    with world(tools) as here:
        uvloop.run(_measure(here, options.calls, options.wait_ms, options.rounds))


async def _measure(here: World, calls: int, wait: int, rounds: int) -> None:
    print(f"{calls} calls at once of an upstream that takes {wait} ms; median of {rounds}; CPU is the web process's\n")
    print(f"{'way':<24} {'ms':>8} {'x wait':>7} {'worst':>8} {'CPU ms':>8}")
    direct = request_bytes("POST", f"/wait/{wait}", body=json.dumps(BODY).encode())
    ways: dict[str, Any] = {
        "direct": lambda _: run_load(here.upstream_port, direct, clients=calls, calls=calls),
        "reads": lambda _: _batch(here, "reads", calls),
        "writes": lambda _: _batch(here, "writes", calls),
        "writes, with a key": lambda number: _batch(here, "writes", calls, key=f"key-{number}"),
    }
    for way in ways.values():
        await way(-1)  # fills the pools and what a process keeps
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            before, start = cpu_seconds(here.web_pid), perf_counter()
            _check(name, await way(number))
            elapsed = (perf_counter() - start) * 1000
            taken[name].append((elapsed, (cpu_seconds(here.web_pid) - before) * 1000))
            await asyncio.sleep(0.2)
    for name, rows in taken.items():
        elapsed, cpu = (median(each) for each in zip(*rows, strict=True))
        print(f"{name:<24} {elapsed:>8.1f} {elapsed / wait:>7.2f} {max(rows)[0]:>8.1f} {cpu:>8.1f}", flush=True)


async def _batch(here: World, tool: str, calls: int, key: str = "") -> Load:
    headers = {"Authorization": f"Bearer {here.key}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    body = {"calls": [{"id": f"c{number}", "tool": f"bench-{tool}", "input": BODY} for number in range(calls)]}
    request = request_bytes("POST", "/api/v1/executions/batch/", headers=headers, body=json.dumps(body).encode())
    return await run_load(here.web_port, request, clients=1, calls=1)


def _check(name: str, load: Load) -> None:
    if set(load.statuses) != {200}:
        raise SystemExit(f"{name} answered {load.statuses}: the figures would mean nothing.")


if __name__ == "__main__":
    main([])
