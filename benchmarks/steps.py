"""What each step of the corridor costs, with everything in use: limits of all three kinds, rules, breaker, a key.

    python3 run.py bench steps [--calls 2000]

Read from the timings of the executions themselves, one client, a tool that writes and one that only reads.
"""

import argparse
import json
from statistics import median, quantiles

import uvloop

from benchmarks.load import Connection, request_bytes
from benchmarks.overhead import READS, WRITES
from benchmarks.world import World, world

STEPS = (
    *("resolve", "permit", "limit", "validate", "open", "ask"),
    *("cache", "guard", "send", "shape", "redact", "record"),
)
BODY = {"account": 7, "email": "ada@example.com"}


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench steps")
    parser.add_argument("--calls", type=int, default=2000, help="calls a column")
    options = parser.parse_args(argv)
    with world([READS, WRITES]) as here:
        uvloop.run(_measure(here, options.calls))


async def _measure(here: World, calls: int) -> None:
    columns = {way: await _timings(here, way, calls) for way in ("reads", "writes")}
    print(f"microseconds, {calls} calls a column, one client\n")
    print(f"{'step':<10}" + "".join(f"{way + ' p50':>12}{'p95':>8}" for way in columns))
    for step in STEPS:
        row = [timings.get(step, []) for timings in columns.values()]
        print(f"{step:<10}" + "".join(f"{_at(each, 50):>12}{_at(each, 95):>8}" for each in row))


async def _timings(here: World, way: str, calls: int) -> dict[str, list[int]]:
    connection = await Connection.open(here.web_port)
    found: dict[str, list[int]] = {}
    for number in range(calls + 200):
        headers = {"Authorization": f"Bearer {here.key}", "Content-Type": "application/json"}
        if way == "writes":
            headers["Idempotency-Key"] = f"bench-{number}"
        body = json.dumps({"input": BODY}).encode()
        request = request_bytes("POST", f"/api/v1/tools/bench-{way}/execute/", headers=headers, body=body)
        status, answer = await connection.ask_for_body(request)
        if status != 200:
            raise SystemExit(f"{way} answered {status}: the figures would mean nothing.")
        if number >= 200:
            for step, microseconds in json.loads(answer)["timings"].items():
                found.setdefault(step, []).append(microseconds)
    connection.close()
    return found


def _at(microseconds: list[int], rank: int) -> str:
    if not microseconds:
        return "-"
    return f"{median(microseconds):.0f}" if rank == 50 else f"{quantiles(microseconds, n=100)[rank - 1]:.0f}"
