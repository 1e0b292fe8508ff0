"""What a webhook costs, from the socket to its effect.

    python3 run.py bench webhooks [--events 3000] [--queued 100000] [--only accept effect drain flood]

* accept: events that are answered 200, each with its durable commit, at 1 and 2 web processes; beside them the same row
  inserted by so many bare connections, one commit each.
* effect: from receipt until the call of the route's tool is recorded, at a steady pace, and how many a worker does.
* drain: retries that are all due, one worker; its memory, and what the queue's table takes, before and after.
* flood: a tenant's events while another tenant's all fail and are sent as fast as they are taken.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TypeAlias
from uuid import uuid4

import psycopg
import uvloop
from psycopg import sql
from psycopg.types.json import Jsonb

from benchmarks.load import Load, run_each, run_paced
from benchmarks.senders import BODY, Sender, make_sender
from benchmarks.world import database, free_port, spawned, wait_for_port, wait_until, webs, worker
from config.embedded import postgres

SECTIONS = ("accept", "effect", "drain", "flood")
CLIENTS = 16
"""Connections of the sender, and of the bare inserts."""
PER_SECOND = 20
DRAINED_SECONDS = 3600
FLOOD_ROUNDS = 5

Figures: TypeAlias = tuple[float, float, float, float]
"""Milliseconds: of the answer p50 and p95, of the effect p50 and p95."""


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench webhooks")
    parser.add_argument("--events", type=int, default=3000, help="events a figure")
    parser.add_argument("--queued", type=int, default=100_000, help="retries that wait at once")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    options = parser.parse_args(argv)
    upstream = free_port()
    with database(upstream) as data_dir, spawned("benchmarks.upstream", str(upstream)):
        wait_for_port(upstream)
        if "accept" in options.only:
            _accept(make_sender("accept", upstream, to=None), data_dir, options.events)
        if "effect" in options.only:
            _effect(make_sender("effect", upstream, to="/done"), data_dir, options.events)
        if "drain" in options.only:
            _drain(make_sender("drain", upstream, to="/done"), data_dir, options.queued)
        if "flood" in options.only:
            _flood(make_sender("calm", upstream, to="/done"), make_sender("flood", upstream, to="/fail"), data_dir)


# Accepting.


def _accept(sender: Sender, data_dir: Path, events: int) -> None:
    print(f"accept: {events} events of {len(BODY)} bytes a figure, {CLIENTS} connections\n")
    print(f"{'way':<20} {'per second':>10} {'p50 ms':>8} {'p95 ms':>8} {'to bare':>8}")
    for count in (1, 2):
        with webs(count) as (port, _):
            uvloop.run(run_each(port, sender.requests(300), clients=CLIENTS))
            bare = uvloop.run(_bare_inserts(data_dir, sender, events))
            _tell("bare inserts", bare, bare)
            load = uvloop.run(run_each(port, sender.requests(events), clients=CLIENTS))
            _require_all(load, 200)
            _tell(f"{count} web process{'es' if count > 1 else ''}", load, bare)
    with postgres.connect(data_dir) as connection:
        # There is no worker here: the next section's would have all of them to route first.
        connection.execute("UPDATE webhooks_webhookevent SET routing = 'unrouted' WHERE routing = 'waiting'")
    print()


def _tell(way: str, load: Load, bare: Load) -> None:
    ratio = load.calls_per_second / bare.calls_per_second
    figures = f"{load.calls_per_second:>10.0f} {load.percentile(50):>8.2f} {load.percentile(95):>8.2f}"
    print(f"{way:<20} {figures} {ratio:>8.2f}", flush=True)


async def _bare_inserts(data_dir: Path, sender: Sender, count: int) -> Load:
    """The row of an accepted event, again and again under new ids, and nothing else."""
    columns, row = _accepted_row(data_dir, sender)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    statement = sql.SQL("INSERT INTO webhooks_webhookevent ({}) VALUES ({})").format(names, values)
    latencies: list[float] = []
    left = iter(range(count))

    async def client() -> None:
        async with await psycopg.AsyncConnection.connect(_address(data_dir), autocommit=True) as connection:
            for _ in left:
                fresh = {**row, "id": uuid4(), "dedup_key": uuid4().bytes * 2, "routing": ""}
                start = time.perf_counter()
                await connection.execute(statement, [_adapted(fresh[name]) for name in columns])
                latencies.append((time.perf_counter() - start) * 1000)

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return Load(time.perf_counter() - start, latencies, {200: count})


def _accepted_row(data_dir: Path, sender: Sender) -> tuple[list[str], dict[str, object]]:
    with postgres.connect(data_dir) as connection:
        cursor = connection.execute(
            "SELECT * FROM webhooks_webhookevent WHERE source_id = %s AND status = 'accepted' LIMIT 1",
            [sender.source_id],
        )
        columns = [column.name for column in cursor.description or ()]
        return columns, dict(zip(columns, cursor.fetchone() or (), strict=True))


def _adapted(value: object) -> object:
    return Jsonb(value) if isinstance(value, dict | list) else value


def _address(data_dir: Path) -> str:
    with postgres.connect(data_dir) as connection:
        return connection.info.dsn


# From receipt to effect.


def _effect(sender: Sender, data_dir: Path, events: int) -> None:
    print(f"effect: from receipt to the recorded call, {PER_SECOND} events a second, then {events} at once\n")
    print(f"{'web processes':<20} {'p50 ms':>8} {'p95 ms':>8} {'at once, per second':>20}")
    for count in (1, 2):
        with webs(count) as (port, _), worker():
            _paced(port, sender, 3)
            with _since(data_dir, sender) as took:
                _paced(port, sender, 15)
                paced = took()
            with _since(data_dir, sender) as took:
                start = time.perf_counter()
                _require_all(uvloop.run(run_each(port, sender.requests(events), clients=CLIENTS)), 200)
                took()
                rate = events / (time.perf_counter() - start)
            p50, p95 = _percentiles(paced)
            print(f"{count:<20} {p50:>8.1f} {p95:>8.1f} {rate:>20.0f}", flush=True)
    print()


def _paced(port: int, sender: Sender, seconds: int) -> Load:
    load = uvloop.run(run_paced(port, sender.requests(PER_SECOND * seconds), per_second=PER_SECOND))
    _require_all(load, 200)
    return load


@contextmanager
def _since(data_dir: Path, sender: Sender) -> Iterator[Callable[[], list[float]]]:
    """What is called waits for the runs that came meanwhile: milliseconds from receipt to the end of each."""
    with postgres.connect(data_dir) as connection:
        connection.autocommit = True
        first = connection.execute("SELECT clock_timestamp()").fetchone()
        assert first is not None
        of_these = "event.tenant_id = %s AND event.received_at >= %s AND event.status = 'accepted'"

        def took() -> list[float]:
            unended = f"""
                SELECT count(*) FROM webhooks_webhookevent event LEFT JOIN webhooks_webhookrun run
                ON run.event_id = event.id WHERE {of_these} AND run.status IS DISTINCT FROM 'succeeded'
            """  # noqa: S608  no value is written into it
            arguments = [sender.tenant_id, first[0]]
            wait_until(
                lambda: connection.execute(unended, arguments).fetchone() == (0,),
                "Events have had no effect.",
                seconds=300,
            )
            ended = f"""
                SELECT extract(epoch FROM run.finished_at - event.received_at) * 1000
                FROM webhooks_webhookevent event JOIN webhooks_webhookrun run ON run.event_id = event.id
                WHERE {of_these}
            """  # noqa: S608
            return [float(row[0]) for row in connection.execute(ended, arguments)]

        yield took


# A backlog.


def _drain(sender: Sender, data_dir: Path, queued: int) -> None:
    print(f"drain: {queued:,} retries that are all due, one worker\n")
    with webs() as (port, _):
        _require_all(uvloop.run(run_each(port, sender.requests(1), clients=1)), 200)
    with worker() as pid, postgres.connect(data_dir) as connection:
        connection.autocommit = True
        _wait_until_drained(connection, 60)
        before = _sizes(connection, pid)
        _queue(connection, sender, queued)
        full = _sizes(connection, pid)
        start, memory = time.perf_counter(), []
        deadline = start + DRAINED_SECONDS
        while (waiting := _waiting(connection)) and time.perf_counter() < deadline:
            memory.append(_resident_mb(pid))
            time.sleep(5)
        took = time.perf_counter() - start
        after = _sizes(connection, pid)
    print(f"{queued - waiting:,} ended in {took:.0f} s: {(queued - waiting) / took:.0f} a second")
    quarters = [memory[len(memory) * part // 4] for part in range(4)] + [memory[-1]] if memory else []
    print(f"worker's memory, MB, in quarters of the time: {' '.join(f'{each:.0f}' for each in quarters)}")
    print(f"{'':<10} {'queue MB':>10} {'database MB':>12} {'worker MB':>10}")
    for name, sizes in (("before", before), ("full", full), ("after", after)):
        print(f"{name:<10} {sizes[0]:>10.1f} {sizes[1]:>12.1f} {sizes[2]:>10.1f}")
    print(flush=True)


def _queue(connection: "psycopg.Connection[tuple[object, ...]]", sender: Sender, queued: int) -> None:
    """Replays of the sender's one event, each of which has failed once."""
    connection.execute(
        """
        INSERT INTO webhooks_webhookrun (id, tenant_id, event_id, route_id, agent_id, target, replay_id, order_key,
            status, attempts, due_at, taken, lost, cause, code, detail, created_at)
        SELECT gen_random_uuid(), tenant_id, event_id, route_id, agent_id, target, gen_random_uuid(), '',
            'waiting', 1, now(), 1, 0, 'tool', 'upstream_error', 'The service failed.', now()
        FROM webhooks_webhookrun, generate_series(1, %s) WHERE tenant_id = %s
        """,
        [queued, sender.tenant_id],
    )
    connection.execute("ANALYZE webhooks_webhookrun")


def _waiting(connection: "psycopg.Connection[tuple[object, ...]]") -> int:
    found = connection.execute("SELECT count(*) FROM webhooks_webhookrun WHERE status IN ('waiting', 'running')")
    return int(str((found.fetchone() or (0,))[0]))


def _wait_until_drained(connection: "psycopg.Connection[tuple[object, ...]]", seconds: float) -> None:
    wait_until(lambda: _waiting(connection) == 0, "The first event had no effect.", seconds=seconds)


def _sizes(connection: "psycopg.Connection[tuple[object, ...]]", pid: int) -> tuple[float, float, float]:
    found = connection.execute(
        "SELECT pg_total_relation_size('webhooks_webhookrun'), pg_database_size(current_database())"
    ).fetchone()
    assert found is not None
    return int(str(found[0])) / 1e6, int(str(found[1])) / 1e6, _resident_mb(pid)


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1000


# A flood beside.


def _flood(calm: Sender, flood: Sender, data_dir: Path) -> None:
    print(f"flood: {PER_SECOND} events a second of one tenant, alone and while another's all fail, in turn\n")
    print(f"{'':<20} {'answer p50':>10} {'p95 ms':>8} {'effect p50':>10} {'p95 ms':>8} {'flood, per second':>18}")
    alone: list[Figures] = []
    beside: list[Figures] = []
    with webs() as (port, _), worker():
        _paced(port, calm, 3)
        for _ in range(FLOOD_ROUNDS):
            alone.append(_beside(port, calm, data_dir, None))
            beside.append(_beside(port, calm, data_dir, flood))
            _forget(data_dir, flood)
    for rank, what in ((1, "answer"), (3, "effect")):
        usual, flooded = (median(figures[rank] for figures in each) for each in (alone, beside))
        print(f"p95 of the {what}, medians: {usual:.1f} and {flooded:.1f} ms: {flooded / usual:.2f} times")
    print(flush=True)


def _beside(port: int, calm: Sender, data_dir: Path, flood: Sender | None) -> Figures:
    seconds = 15
    with _flooding(port, flood), _since(data_dir, calm) as took:
        before = _received(data_dir, flood)
        steady = _paced(port, calm, seconds)
        rate = (_received(data_dir, flood) - before) / seconds
        effect = _percentiles(took())
    answer = steady.percentile(50), steady.percentile(95)
    name, rated = ("beside a flood", f"{rate:>18.0f}") if flood else ("alone", f"{'none':>18}")
    print(f"{name:<20} {answer[0]:>10.2f} {answer[1]:>8.2f} {effect[0]:>10.1f} {effect[1]:>8.1f} {rated}", flush=True)
    return *answer, *effect


def _forget(data_dir: Path, flood: Sender) -> None:
    """What is left of it would be worked on while the other one is said to be alone."""
    with postgres.connect(data_dir) as connection:
        ours = [flood.tenant_id]
        routed = "UPDATE webhooks_webhookevent SET routing = 'unrouted' WHERE routing = 'waiting' AND tenant_id = %s"
        connection.execute(routed, ours)
        ended = "UPDATE webhooks_webhookrun SET status = 'cancelled' WHERE status = 'waiting' AND tenant_id = %s"
        connection.execute(ended, ours)
        connection.execute("VACUUM ANALYZE webhooks_webhookevent, webhooks_webhookrun")


@contextmanager
def _flooding(port: int, flood: Sender | None) -> Iterator[None]:
    if flood is None:
        yield
        return
    with spawned("benchmarks.flood", str(port), flood.path):
        time.sleep(3)
        yield


def _received(data_dir: Path, sender: Sender | None) -> int:
    if sender is None:
        return 0
    with postgres.connect(data_dir) as connection:
        counted = "SELECT count(*) FROM webhooks_webhookevent WHERE tenant_id = %s"
        return int((connection.execute(counted, [sender.tenant_id]).fetchone() or (0,))[0])


def _percentiles(took: list[float]) -> tuple[float, float]:
    ranks = quantiles(took, n=100)
    return ranks[49], ranks[94]


def _require_all(load: Load, status: int) -> None:
    if set(load.statuses) != {status}:
        raise SystemExit(f"Answered with {load.statuses}: the figures would mean nothing.")


if __name__ == "__main__":
    main([])
