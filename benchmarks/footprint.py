"""What the web process holds while it runs very many executions: it should stop growing.

    python3 run.py bench footprint [--calls 50000] [--clients 20]

A tool that only reads, one that writes, and one whose input is refused take turns. After each tenth of the calls the
process's own memory (PSS) is read from /proc.
"""

import argparse
import json
import re
from pathlib import Path

import uvloop

from benchmarks.load import request_bytes, run_load
from benchmarks.overhead import READS, WRITES
from benchmarks.world import World, world

PARTS = 10
_PSS = re.compile(r"^Pss: +(\d+) kB", re.MULTILINE)
CALLS: tuple[tuple[str, dict[str, object], int], ...] = (
    ("reads", {"account": 7, "email": "ada@example.com"}, 200),
    ("writes", {"account": 7, "email": "ada@example.com"}, 200),
    ("reads", {"account": "seven"}, 422),
)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench footprint")
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--clients", type=int, default=20)
    options = parser.parse_args(argv)
    with world([READS, WRITES]) as here:
        uvloop.run(_measure(here, options.calls, options.clients))


async def _measure(here: World, calls: int, clients: int) -> None:
    print(f"{'executions':>10} {'PSS MB':>8}\n{0:>10} {_megabytes(here.web_pid):>8.1f}", flush=True)
    each = calls // PARTS // len(CALLS)
    for part in range(1, PARTS + 1):
        for tool, values, status in CALLS:
            load = await run_load(here.web_port, _request(here, tool, values), clients=clients, calls=each)
            if set(load.statuses) != {status}:
                raise SystemExit(f"{tool} answered {load.statuses}: the figures would mean nothing.")
        print(f"{part * each * len(CALLS):>10} {_megabytes(here.web_pid):>8.1f}", flush=True)


def _request(here: World, tool: str, values: dict[str, object]) -> bytes:
    headers = {"Authorization": f"Bearer {here.key}", "Content-Type": "application/json"}
    body = json.dumps({"input": values}).encode()
    return request_bytes("POST", f"/api/v1/tools/bench-{tool}/execute/", headers=headers, body=body)


def _megabytes(pid: int) -> float:
    match = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    assert match
    return int(match[1]) / 1024
