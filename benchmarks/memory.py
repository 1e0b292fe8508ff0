"""What is found among many memories, and how fast: by the product's own search, and over HTTP.

    python3 run.py bench memory [--rows 50000] [--dims 384] [--questions 100] [--shared-buffers 2GB]

Five tenants: one with so many memories, and others with 50, 10, 1 and 0.1 % of that many. `benchmarks/memory_rows.py`
says what their vectors are. Indexes are built as the schedule builds them. Each line is a scope: 100 questions, ten
memories each.

    recall   the share of the ten nearest that was found, beside an exact search of the same scope
    rows     memories in an answer
    SQL      the statement alone, as a prepared psycopg cursor runs it, median
    search   the product's function, in the process, median
    HTTP     POST memories/search/ with a vector, by 1, 4 and 16 clients at once: median, 95 and 99 %

Everything on this machine: clients, web processes and PostgreSQL share its processors.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from statistics import mean, median
from typing import Any
from uuid import UUID

import psycopg
import uvloop

from benchmarks.load import Load, request_bytes, run_each
from benchmarks.memory_rows import GROUPS, Rows
from benchmarks.world import database, webs
from config.embedded import postgres

SHARES = {"all": 1.0, "half": 0.5, "tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}
WANTED = 10
CLIENTS = (1, 4, 16)
CALLS = 200
"""Of each number of clients."""
COPIED = 10_000
"""Rows that are copied in bare, to be compared with."""
RECALL, ONE_CLIENT_MS, ALWAYS_MS, OVER_SQL_MS = 0.98, 50, 2_000, 5


@dataclass(frozen=True)
class Tenant:
    id: UUID
    rows: int
    key: str


@dataclass(frozen=True)
class Scope:
    """What a line of the report is about."""

    title: str
    tenant: Tenant
    asked: dict[str, Any] = field(default_factory=dict)
    """What the request says besides the vector."""


@dataclass
class Line:
    scope: Scope
    routes: set[str] = field(default_factory=set)
    recalls: list[float] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    http: dict[int, Load] = field(default_factory=dict)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="run.py bench memory")
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--dims", type=int, default=384)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--shared-buffers", default="128MB", help="PostgreSQL's; its own default is 128MB.")
    options = parser.parse_args(argv)
    settings = (f"shared_buffers={options.shared_buffers}", "max_wal_size=8GB")
    with database(options=settings) as data_dir, postgres.connect(data_dir) as superuser:
        bench = Bench(superuser, options.rows, options.dims)
        bench.fill()
        bench.build()
        questions = bench.rows.questions(options.questions)
        with webs() as (port, _):
            print(f"\n{options.questions} questions, {WANTED} memories each; milliseconds\n\n{HEAD}", flush=True)
            lines = [bench.measure(scope, questions, port) for scope in bench.scopes()]
            bench.delete()
            lines.append(bench.measure(Scope("after deleting 20 %", bench.tenants["all"]), questions, port))
            bench.add()
            lines.append(bench.measure(Scope("after adding 20 %", bench.tenants["all"]), questions, port))
        _tell_embedding()
        print(f"\n{_judge(lines)}")


class Bench:
    def __init__(self, superuser: psycopg.Connection, number: int, dimensions: int) -> None:
        # Django's settings exist only now.
        from memory.models import EmbeddingModel, ModelState  # noqa: PLC0415

        self.rows, self.number = Rows(superuser, dimensions), number
        self.superuser = superuser
        self.model = EmbeddingModel.objects.create(name="bench", dimensions=dimensions, state=ModelState.ACTIVE)
        self.tenants = {name: _make_tenant(name, round(number * share)) for name, share in SHARES.items()}

    def fill(self) -> None:
        _timed("vectors to choose from", self.rows.prepare)
        total = sum(tenant.rows for tenant in self.tenants.values())
        seconds = _timed(f"{total:,} memories of {len(self.tenants)} tenants, by INSERT … SELECT", self._fill_all)
        print(f"{'':8}  {total / seconds:,.0f} a second, with their words, counts and conditions' indexes")
        _timed("VACUUM ANALYZE", lambda: self.superuser.execute("VACUUM ANALYZE"))
        self._copy()

    def _fill_all(self) -> None:
        first = 0
        for tenant in self.tenants.values():
            self.rows.fill(tenant.id, self.model.id, first=first, number=tenant.rows)
            first += tenant.rows

    def _copy(self) -> None:
        """Bare vectors in and out, as a floor for imports."""
        self.superuser.execute("CREATE TABLE bench_copy (LIKE memory_memoryembedding)")
        self.superuser.execute("ALTER TABLE bench_copy ALTER COLUMN vector SET STORAGE PLAIN")
        some = f"COPY (SELECT * FROM memory_memoryembedding LIMIT {COPIED}) TO STDOUT (FORMAT binary)"  # noqa: S608
        with self.superuser.cursor().copy(some) as out:
            data = [bytes(part) for part in out]

        def put() -> None:
            with self.superuser.cursor().copy("COPY bench_copy FROM STDIN (FORMAT binary)") as copy:
                for part in data:
                    copy.write(part)

        seconds = _timed(f"{COPIED:,} vectors by COPY into a bare table", put)
        print(f"{'':8}  {COPIED / seconds:,.0f} a second")

    def build(self) -> None:
        """What the schedule does, at once."""
        from memory.indexes import counts, tend  # noqa: PLC0415
        from memory.models import VectorIndex  # noqa: PLC0415

        _timed("counts folded", counts.fold)
        tend.tend()
        _timed("indexes built", tend.tend)
        for index in VectorIndex.objects.order_by("-rows"):
            size = f"{index.bytes / 1e6:,.0f} MB, {index.seconds:.1f} s {index.detail}"
            print(f"{'':8}  over {index.rows:,} vectors: {index.state}, {size}")

    def scopes(self) -> Iterator[Scope]:
        """Each tenant whole; of the largest, namespaces that go with topics, and a condition."""
        names = ("all memories of one tenant", "tenant of 50 %", "10 %", "1 %", "0.1 %")
        for title, tenant in zip(names, self.tenants.values(), strict=True):
            yield Scope(title, tenant)
        largest = self.tenants["all"]
        yield Scope("a namespace of common topics", largest, {"namespace": "topics/0"})
        yield Scope("a namespace of rare topics", largest, {"namespace": f"topics/{GROUPS - 1}"})
        yield Scope("a tenth by metadata", largest, {"where": {"path": "team", "op": "eq", "value": 3}})

    def delete(self) -> None:
        _timed("a fifth deleted", lambda: self.rows.delete_share(self.tenants["all"].id, one_in=5))

    def add(self) -> None:
        tenant, number = self.tenants["all"], self.number // 5
        seconds = _timed(
            f"{number:,} added, with the index there",
            lambda: self.rows.fill(tenant.id, self.model.id, first=10 * self.number, number=number),
        )
        print(f"{'':8}  {number / seconds:,.0f} a second")

    def measure(self, scope: Scope, questions: Sequence[list[float]], port: int) -> Line:
        line = Line(scope)
        for vector in questions:
            self._search(line, vector)
        bodies = [json.dumps({"vector": vector, "mode": "semantic", **scope.asked}).encode() for vector in questions]
        requests = [_request(scope.tenant.key, body) for body in bodies]
        for clients in CLIENTS:
            load = uvloop.run(run_each(port, islice(cycle(requests), CALLS), clients=clients))
            if set(load.statuses) - {200, 429}:
                raise SystemExit(f"It was answered {load.statuses}: the figures would mean nothing.")
            line.http[clients] = load
        print(_shown(line), flush=True)
        return line

    def _search(self, line: Line, vector: list[float]) -> None:
        """The product's answer, the exact one, and the statement alone."""
        from django.db import connection  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from accounts.caller import System  # noqa: PLC0415
        from accounts.tenancy import within  # noqa: PLC0415
        from memory.access import ALL  # noqa: PLC0415
        from memory.sampling.offer import recall_of  # noqa: PLC0415
        from memory.search.read import read_request  # noqa: PLC0415
        from memory.search.recall import search_memories  # noqa: PLC0415
        from memory.search.scope import scope_of  # noqa: PLC0415
        from memory.search.vector import compare_all  # noqa: PLC0415

        tenant_id = line.scope.tenant.id
        request = read_request({"vector": vector, "mode": "semantic", **line.scope.asked})
        with within(tenant_id):
            began = time.perf_counter()
            answer = search_memories(tenant_id=tenant_id, by=System("benchmark"), request=request)
            line.search.append(_ms_since(began))
            rows = scope_of(ALL, request, timezone.now()).fitting_vectors(self.model.id)
            exact = [near.distance for near in compare_all(rows, vector, limit=WANTED)]
            with CaptureQueriesContext(connection) as asked:
                search_memories(tenant_id=tenant_id, by=System("benchmark"), request=request)
            line.sql.append(self._alone([each["sql"] for each in asked.captured_queries]))
        found = [1 - (hit.similarity or 0) for hit in answer.hits]
        line.found.append(len(found))
        line.routes.add(
            " ".join(filter(None, (answer.how.route, answer.how.index, "fell back" * answer.how.fell_back)))
        )
        if exact:
            line.recalls.append(recall_of(found, exact))

    def _alone(self, statements: Sequence[str]) -> float:
        """How long the statement that compares takes by itself, with the settings that go before it."""
        from django.db import connection  # noqa: PLC0415

        chosen = [each for each in statements if "<=>" in each]
        before = [each for each in statements[: statements.index(chosen[-1])] if "hnsw." in each][-1:]
        with connection.cursor() as cursor:
            for each in before:
                cursor.execute(each.replace("%", "%%"), [])
            began = time.perf_counter()
            cursor.execute(chosen[-1].replace("%", "%%"), [])
            cursor.fetchall()
            spent = _ms_since(began)
            if before:
                cursor.execute("SELECT set_config('enable_sort', 'on', true)")
        return spent


def _tell_embedding() -> None:
    """What comes on top when the question is a text."""
    from integrations.embedding.shelf import chosen_embedder  # noqa: PLC0415
    from integrations.errors import EmbedderUnavailable  # noqa: PLC0415

    embedder = chosen_embedder()

    async def each() -> list[float]:
        spent = []
        for number in range(20):
            began = time.perf_counter()
            await embedder.embed([f"What did we agree on with customer {number} about the delivery?"])
            spent.append(_ms_since(began))
        return spent

    try:
        print(f"\nA question's vector by {embedder.facts.id}: {median(uvloop.run(each())):.1f} ms")
    except EmbedderUnavailable as error:
        print(f"\nA question's vector by {embedder.facts.id} was not measured: {error.message}")


HEAD = (
    f"{'':30}{'memories':>10}{'recall':>8}{'rows':>6}{'SQL':>8}{'search':>8}"
    + "".join(f"{f'{clients}: 50':>9}{'95':>7}{'99':>7}" for clients in CLIENTS)
    + "  by"
)


def _shown(line: Line) -> str:
    http = "".join(
        f"{load.percentile(50):>9.1f}{load.percentile(95):>7.1f}{load.percentile(99):>7.1f}"
        for load in line.http.values()
    )
    refused = sum(load.statuses.get(429, 0) for load in line.http.values())
    return (
        f"{line.scope.title:30}{line.scope.tenant.rows:>10,}{mean(line.recalls):>8.3f}{mean(line.found):>6.1f}"
        f"{median(line.sql):>8.1f}{median(line.search):>8.1f}{http}  {', '.join(sorted(line.routes))}"
        + (f"; {refused} were asked to wait" if refused else "")
    )


def _judge(lines: Sequence[Line]) -> str:
    worst = min(lines, key=lambda line: mean(line.recalls))
    one = max(lines, key=lambda line: line.http[1].percentile(95))
    slowest = max(load.percentile(95) for line in lines for load in line.http.values())
    over = max(lines, key=lambda line: line.http[1].percentile(50) - median(line.sql))
    more = over.http[1].percentile(50) - median(over.sql)
    return "\n".join(
        [
            f"recall, at least {RECALL}:  {mean(worst.recalls):.3f} ({worst.scope.title})",
            f"95 % at one client, at most {ONE_CLIENT_MS} ms:  {one.http[1].percentile(95):.1f} ({one.scope.title})",
            f"95 % always, at most {ALWAYS_MS:,} ms:  {slowest:.1f}",
            f"HTTP over SQL, median, at most {OVER_SQL_MS} ms:  {more:.1f} ({over.scope.title})",
        ]
    )


def _make_tenant(name: str, rows: int) -> Tenant:
    from accounts.agents import create_agent  # noqa: PLC0415
    from accounts.keys import issue_key  # noqa: PLC0415
    from accounts.tenancy import platform, within  # noqa: PLC0415
    from accounts.tenants import create_tenant  # noqa: PLC0415
    from benchmarks.tenant import BENCHMARK  # noqa: PLC0415

    with platform():
        tenant = create_tenant(slug=name, name=name.capitalize(), actor=BENCHMARK.actor)
    with within(tenant.id):
        agent = create_agent(tenant=tenant, slug="bench", by=BENCHMARK)
        return Tenant(tenant.id, rows, issue_key(agent=agent, name="bench", by=BENCHMARK).secret)


def _request(key: str, body: bytes) -> bytes:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return request_bytes("POST", "/api/v1/memories/search/", headers=headers, body=body)


def _timed(what: str, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(f"{seconds:>7.1f}s  {what}", flush=True)
    return seconds


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
