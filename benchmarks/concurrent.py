"""How long many calls of a slow tool take when they come at once.

    python3 run.py bench concurrent [--calls 100] [--wait-ms 200] [--rounds 9]

The connections are open before the clock starts. Beside them the same calls go to the upstream directly: what is
left is the corridor's. The aim is 1.5 times the upstream's own time.
"""

import argparse
import asyncio
import json
from statistics import median
from time import perf_counter

import uvloop

from benchmarks.load import Connection, request_bytes
from benchmarks.world import World, world

TOOL = {
    "slug": "bench-waits",
    "name": "Waits",
    "version": "1.0.0",
    "input_schema": {"type": "object", "properties": {"account": {"type": "integer"}}, "required": ["account"]},
    "transport": "http",
    "read_only": True,
    "rate_limit": {"per_minute": 1_000_000, "burst": 1_000_000},
}
BODY = json.dumps({"input": {"account": 7}}).encode()


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench concurrent")
    parser.add_argument("--calls", type=int, default=100, help="calls at once")
    parser.add_argument("--wait-ms", type=int, default=200, help="what the upstream takes for each")
    parser.add_argument("--rounds", type=int, default=9, help="the median of this many rounds is shown")
    options = parser.parse_args(argv)
    definition = {"method": "POST", "url": f"{{upstream}}/wait/{options.wait_ms}", "body": "rest"}
    with world([{**TOOL, "definition": definition}]) as here:
        uvloop.run(_measure(here, options.calls, options.wait_ms, options.rounds))


async def _measure(here: World, calls: int, wait_ms: int, rounds: int) -> None:
    headers = {"Authorization": f"Bearer {here.key}", "Content-Type": "application/json"}
    ways = {
        "direct": (here.upstream_port, request_bytes("POST", f"/wait/{wait_ms}", body=BODY)),
        "through": (
            here.web_port,
            request_bytes("POST", "/api/v1/tools/bench-waits/execute/", headers=headers, body=BODY),
        ),
    }
    for port, request in ways.values():
        await _all_at_once(port, request, calls)
    print(f"{calls} calls at once of {wait_ms} ms each, {rounds} rounds\n")
    print(f"{'way':<8} {'median ms':>10} {'best':>7} {'worst':>7}")
    for way, (port, request) in ways.items():
        took = [await _all_at_once(port, request, calls) for _ in range(rounds)]
        print(f"{way:<8} {median(took):>10.1f} {min(took):>7.1f} {max(took):>7.1f}", flush=True)


async def _all_at_once(port: int, request: bytes, calls: int) -> float:
    connections = [await Connection.open(port) for _ in range(calls)]
    start = perf_counter()
    statuses = await asyncio.gather(*(connection.ask(request) for connection in connections))
    took = (perf_counter() - start) * 1000
    for connection in connections:
        connection.close()
    if set(statuses) != {200}:
        raise SystemExit(f"Answered with {sorted(set(statuses))}: the figures would mean nothing.")
    return took
