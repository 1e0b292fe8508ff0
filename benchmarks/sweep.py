"""What a sweep over a large catalogue costs.

    python3 run.py bench sweep [--tools 100000] [--rounds 5]

All tools are healthy and spread over ten tenants. A sweep finds nothing, one in a hundred, or all of them overdue; the
yardstick is a bare UPDATE of as many rows, as superuser, with no policy, no event and no answer.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.world import database
from config.embedded import postgres

TENANTS = 10
SHARES = {"nothing overdue": 0.0, "one in a hundred": 0.01, "all overdue": 1.0}

_FILL = """
INSERT INTO accounts_tenant (id, slug, name, generation, created_at)
    SELECT gen_random_uuid(), 'tenant-' || i, 'Tenant', 1, now() FROM generate_series(1, %(tenants)s) i;
INSERT INTO registry_tool (id, tenant_id, slug, name, description, category, capability, source, node_type,
        capabilities, metadata, excluded_providers, native_equivalent, health_endpoint, stale_after_seconds, enabled,
        created_at, updated_at)
    SELECT gen_random_uuid(), tenant.id, 'tool-' || i, 'Tool', '', '', '', 'user', 'effect',
        jsonb_build_object('operations', jsonb_build_array('do-' || i %% 500)), '{}', '[]', '', '', 300, true,
        now(), now()
    FROM generate_series(1, %(tools)s / %(tenants)s) i CROSS JOIN accounts_tenant tenant;
INSERT INTO registry_toolhealth (tool_id, tenant_id, status, last_heartbeat, stale_at, detail, changed_at)
    SELECT id, tenant_id, 'healthy', now(), now(), '', now() FROM registry_tool;
"""
_ALL_HEALTHY = """
UPDATE registry_toolhealth SET status = 'healthy',
    stale_at = CASE WHEN random() < %(share)s THEN %(past)s ELSE %(future)s END::timestamptz
"""
_YARDSTICK = "UPDATE registry_toolhealth SET status = 'stale' WHERE status = 'healthy' AND stale_at <= %(now)s"


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench sweep", description="What a sweep over a large catalogue costs.")
    parser.add_argument("--tools", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    with database() as data_dir, postgres.connect(data_dir) as superuser:
        _fill(superuser, options.tools)
        print(f"{options.tools:,} tools of {TENANTS} tenants; median of {options.rounds} rounds, milliseconds\n")
        print(f"{'':18}{'found':>9}{'sweep':>9}{'bare UPDATE':>13}{'ratio':>8}")
        for name, share in SHARES.items():
            _compare(superuser, name, share, options.rounds)
        _explain(superuser, data_dir)


def _compare(superuser: psycopg.Connection, name: str, share: float, rounds: int) -> None:
    # Django's settings exist only now.
    from registry.sweep import turn_stale  # noqa: PLC0415

    now = datetime.now(UTC)
    found = 0

    def sweep() -> None:
        nonlocal found
        found = turn_stale(now)

    swept, bare = [], []
    for _ in range(rounds):
        _make_healthy(superuser, share, now)
        swept.append(_milliseconds(sweep))
        _make_healthy(superuser, share, now)
        bare.append(_milliseconds(lambda: superuser.execute(_YARDSTICK, {"now": now})))
    print(f"{name:18}{found:>9,}{median(swept):>9.1f}{median(bare):>13.1f}{median(swept) / median(bare):>8.2f}")


def _fill(superuser: psycopg.Connection, tools: int) -> None:
    superuser.execute("SET session_replication_role = replica")  # no foreign keys to check
    for statement in _FILL.split(";")[:-1]:
        superuser.execute(statement, {"tools": tools, "tenants": TENANTS})


def _make_healthy(superuser: psycopg.Connection, share: float, now: datetime) -> None:
    hour = timedelta(hours=1)
    superuser.execute(_ALL_HEALTHY, {"share": share, "past": now - hour, "future": now + hour})
    superuser.execute("DELETE FROM accounts_auditentry")
    superuser.execute("VACUUM ANALYZE registry_toolhealth")


def _explain(superuser: psycopg.Connection, data_dir: Path) -> None:
    from registry.sweep import TURN_STALE  # noqa: PLC0415

    now = datetime.now(UTC)
    _make_healthy(superuser, 0.01, now)
    with postgres.connect(data_dir, user="qm_app") as app, app.transaction():
        app.execute("SELECT set_config('qm.tenant', '*', true)")
        print("\nThe statement's plan, as qm_app, one in a hundred overdue:")
        for (line,) in app.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {TURN_STALE}", {"now": now}):
            print(f"  {line}")


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
