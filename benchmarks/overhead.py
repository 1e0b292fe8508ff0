"""What a call through the corridor costs over calling the same upstream directly.

    python3 run.py bench overhead [--calls 2000] [--rounds 3]

The same load generator calls the upstream, a read-only tool on it (one durable write), and one that writes (two), in
turn, so that all three see the same machine. Everything is on: authentication, permission, limits, validation, breaker,
redaction, record.
"""

import argparse
import json
from dataclasses import dataclass
from statistics import median

import uvloop

from benchmarks.load import Load, request_bytes, run_load
from benchmarks.world import World, cpu_seconds, world

CLIENTS = (1, 10, 100)
SCHEMA = {
    "type": "object",
    "properties": {"account": {"type": "integer"}, "email": {"type": "string"}},
    "required": ["account", "email"],
    "additionalProperties": False,
}
READS = {
    "slug": "bench-reads",
    "name": "Reads",
    "version": "1.0.0",
    "input_schema": SCHEMA,
    "transport": "http",
    "definition": {"method": "POST", "url": "{upstream}/accounts", "body": "rest"},
    "read_only": True,
    "rate_limit": {"per_minute": 1_000_000, "burst": 1_000_000},
}
WRITES = {**READS, "slug": "bench-writes", "name": "Writes", "read_only": False}
BODY = json.dumps({"account": 7, "email": "ada@example.com"}).encode()


@dataclass(frozen=True)
class Row:
    name: str
    clients: int
    load: Load
    cpu_ms: float


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="run.py bench overhead", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--calls", type=int, default=2000, help="calls per figure and round")
    parser.add_argument("--rounds", type=int, default=3, help="the median of this many rounds is shown")
    options = parser.parse_args(argv)
    with world([READS, WRITES]) as here:
        uvloop.run(_measure(here, options.calls, options.rounds))


async def _measure(here: World, calls: int, rounds: int) -> None:
    requests = _requests(here)
    for port, request in requests.values():
        await run_load(port, request, clients=10, calls=300)
    print(f"{calls} calls a figure, median of {rounds} rounds; CPU is the web process's\n")
    print(
        f"{'clients':>7}  {'way':<12} {'p50 ms':>8} {'p95 ms':>8} {'calls/s':>9} {'CPU ms':>7} {'+p50':>7} {'+p95':>7}"
    )
    for clients in CLIENTS:
        measured: dict[str, list[Row]] = {name: [] for name in requests}
        for _ in range(rounds):
            for name, (port, request) in requests.items():
                measured[name].append(await _row(here, name, port, request, clients, calls))
        _print(clients, measured)


async def _row(here: World, name: str, port: int, request: bytes, clients: int, calls: int) -> Row:
    before = cpu_seconds(here.web_pid)
    load = await run_load(port, request, clients=clients, calls=calls)
    if set(load.statuses) != {200}:
        raise SystemExit(f"{name} answered {load.statuses}: the figures would mean nothing.")
    return Row(name, clients, load, (cpu_seconds(here.web_pid) - before) * 1000 / calls)


def _requests(here: World) -> dict[str, tuple[int, bytes]]:
    headers = {"Authorization": f"Bearer {here.key}", "Content-Type": "application/json"}
    body = b'{"input": %s}' % BODY
    return {
        "direct": (here.upstream_port, request_bytes("POST", "/accounts", body=BODY)),
        **{
            name: (
                here.web_port,
                request_bytes("POST", f"/api/v1/tools/bench-{name}/execute/", headers=headers, body=body),
            )
            for name in ("reads", "writes")
        },
    }


def _print(clients: int, measured: dict[str, list[Row]]) -> None:
    direct = {rank: median(row.load.percentile(rank) for row in measured["direct"]) for rank in (50, 95)}
    for name, rows in measured.items():
        p50, p95 = (median(row.load.percentile(rank) for row in rows) for rank in (50, 95))
        rate, cpu = median(row.load.calls_per_second for row in rows), median(row.cpu_ms for row in rows)
        added = "" if name == "direct" else f"{p50 - direct[50]:>7.2f} {p95 - direct[95]:>7.2f}"
        print(f"{clients:>7}  {name:<12} {p50:>8.2f} {p95:>8.2f} {rate:>9.0f} {cpu:>7.2f} {added}", flush=True)


if __name__ == "__main__":
    main([])
