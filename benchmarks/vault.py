"""What the vault adds to a call: the grant from a warm cache and from a cold one, and putting it into a request.

    python3 run.py bench vault [--calls 5000]

One event loop, one connection with an API key and one with a token; no service is asked.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

from benchmarks.world import database

WAYS = {"an API key": {"type": "api_key", "name": "X-Api-Key"}, "a token": {"type": "bearer"}}
VALUES = {"an API key": {"key": "key-0123456789abcdef"}, "a token": {"token": "token-0123456789abcdef"}}

Call = Callable[[], Awaitable[object]]


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench vault")
    parser.add_argument("--calls", type=int, default=5000, help="calls a row")
    options = parser.parse_args(argv)
    with database():
        tenant_id, connections = _connected()
        asyncio.run(_measure(tenant_id, connections, options.calls))


def _connected() -> tuple[UUID, dict[str, UUID]]:
    # Django's settings exist only now.
    from accounts.tenancy import platform, within  # noqa: PLC0415
    from accounts.tenants import create_tenant  # noqa: PLC0415
    from benchmarks.tenant import BENCHMARK  # noqa: PLC0415
    from integrations.connections.connect import connect  # noqa: PLC0415
    from integrations.format.read import read_connector  # noqa: PLC0415
    from integrations.models import ImportedConnector  # noqa: PLC0415

    with platform():
        tenant = create_tenant(slug="bench", name="Benchmark", actor=BENCHMARK.actor)
    made = {}
    for number, (name, way) in enumerate(WAYS.items()):
        slug, document = f"bench-{number}", _document(way)
        with within(tenant.id):
            ImportedConnector.objects.create(tenant=tenant, slug=slug, document=document, source="yaml")
        connector = read_connector(slug, document["connector"], document["actions"], source="yaml")
        made[name] = connect(
            tenant_id=tenant.id, by=BENCHMARK, connector=connector, auth="way", values=VALUES[name], check=False
        ).id
    return tenant.id, made


def _document(way: dict[str, Any]) -> dict[str, Any]:
    connector = {
        "name": "Bench",
        "category": "other",
        "description": "Nobody is asked.",
        "base_url": "https://bench.example",
        "auth": {"way": way},
        "check": {"call": "GET /me"},
    }
    return {"connector": connector, "actions": {"me": {"description": "Who.", "call": "GET /me"}}}


async def _measure(tenant_id: UUID, connections: dict[str, UUID], calls: int) -> None:
    from integrations.connections import granting  # noqa: PLC0415
    from integrations.egress import EgressRequest  # noqa: PLC0415

    async def grant(connection_id: UUID) -> None:
        found = await granting.grant_for(tenant_id=tenant_id, generation=1, connection_id=connection_id)
        found.apply(EgressRequest("GET", "https://bench.example/me"))

    async def cold(connection_id: UUID) -> None:
        granting._kept.clear()
        await grant(connection_id)

    print(f"microseconds, {calls} calls a row (a tenth where it is cold), one event loop\n")
    print(f"{'a call with':<14}{'cache':<8}{'p50':>8}{'p95':>8}{'p99':>8}")
    for name, connection_id in connections.items():
        for cache, one, times in (("warm", grant, calls), ("cold", cold, calls // 10)):
            taken = await _times(lambda one=one, id_=connection_id: one(id_), times)  # type: ignore[misc]
            at = quantiles(taken, n=100)
            print(f"{name:<14}{cache:<8}{median(taken):8.0f}{at[94]:8.0f}{at[98]:8.0f}")


async def _times(call: Call, times: int) -> list[float]:
    """In microseconds, once it has warmed up."""
    for _ in range(50):
        await call()
    taken = []
    for _ in range(times):
        started = perf_counter()
        await call()
        taken.append((perf_counter() - started) * 1e6)
    return taken
