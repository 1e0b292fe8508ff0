"""Memories for a benchmark: as many as are wanted, by topics, made in PostgreSQL, the same in every run.

A vector is a topic's centre and two deviations, of length 1. Centres and deviations are taken from pools; each member
of a pool is a normal random point of 64 dimensions, carried into as many as there are to be. So the vectors lie in a
space of 64 dimensions, as real ones of 384 roughly do, in clusters of very different sizes: a topic is chosen by the
square of a number that is spread evenly. All numbers come from a hash of the row's.
"""

import random
from dataclasses import dataclass
from uuid import UUID

import psycopg

TOPICS = 1_000
DEVIATIONS = 1_000
LATENT = 64
SPREAD = 0.45
"""How long a deviation is beside a centre."""
STEP = 50_000
"""Rows of one statement."""
GROUPS = 40
"""Namespaces, each of topics that follow one another."""

_POOL = "CREATE TABLE bench_pool (kind text, number int, vector vector NOT NULL, PRIMARY KEY (kind, number))"
# Each hash of the same number is another one by its seed; divided by 2^32 it is spread over 0 to 1.
_ROWS = f"""
    WITH numbers AS (
        SELECT n,
            floor({TOPICS} * power(u(n, 1), 2))::int AS topic,
            floor({DEVIATIONS} * u(n, 2))::int AS one,
            floor({DEVIATIONS} * u(n, 3))::int AS other
        FROM generate_series(%(first)s::int, %(last)s::int) AS n
    )
    SELECT n, topic, l2_normalize(centre.vector + left_.vector + right_.vector)::halfvec AS vector
    FROM numbers
    JOIN bench_pool AS centre ON centre.kind = 'topic' AND centre.number = topic
    JOIN bench_pool AS left_ ON left_.kind = 'deviation' AND left_.number = one
    JOIN bench_pool AS right_ ON right_.kind = 'deviation' AND right_.number = other
"""  # noqa: S608  constants of this file
_U = """
    CREATE FUNCTION u(n int, seed int) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (hashint8extended(n, seed) & 4294967295) / 4294967296.0 $$
"""
_FILL = f"""
    WITH made AS MATERIALIZED (SELECT gen_random_uuid() AS id, rows.* FROM ({_ROWS}) AS rows),
    memories AS (
        INSERT INTO memory_memory
            (id, tenant_id, namespace, kind, content, content_digest, metadata, tags, source, trust, end_user,
             version, created_by, created_at, updated_at, deleted_by)
        SELECT id, %(tenant)s, 'topics/' || topic * {GROUPS} / {TOPICS} || '/', 'fact', 'memory ' || n,
            sha256(('memory ' || n)::bytea), jsonb_build_object('team', n %% 10), '{{}}', '', 'trusted', '', 1,
            'benchmark', now(), now(), ''
        FROM made
        RETURNING id
    )
    INSERT INTO memory_memoryembedding
        (tenant_id, memory_id, model_id, namespace, kind, status, attempts, vector)
    SELECT %(tenant)s, id, %(model)s, 'topics/' || topic * {GROUPS} / {TOPICS} || '/', 'fact', 'ready', 0, vector
    FROM made
"""  # noqa: S608  as above


@dataclass(frozen=True)
class Rows:
    """What fills the tables, over a superuser's connection."""

    superuser: psycopg.Connection
    dimensions: int

    def prepare(self) -> None:
        """The pools."""
        self.superuser.execute(_POOL)
        self.superuser.execute(_U)
        chance = random.Random(20_261_130)
        basis = [[chance.gauss() for _ in range(self.dimensions)] for _ in range(LATENT)]
        with self.superuser.cursor().copy("COPY bench_pool FROM STDIN") as copy:
            for kind, number, length in (("topic", TOPICS, 1.0), ("deviation", DEVIATIONS, SPREAD)):
                for place in range(number):
                    copy.write_row((kind, place, str(_point(chance, basis, length))))
        self.superuser.execute("ANALYZE bench_pool")

    def fill(self, tenant_id: UUID, model_id: int, *, first: int, number: int) -> None:
        """Memories with vectors. Triggers count them, as they do whatever is written."""
        for begin in range(first, first + number, STEP):
            last = min(begin + STEP, first + number) - 1
            self.superuser.execute(_FILL, {"tenant": tenant_id, "model": model_id, "first": begin, "last": last})

    def questions(self, number: int) -> list[list[float]]:
        """Vectors of the same kind, which no memory has."""
        asked = self.superuser.execute(
            f"SELECT vector::vector::real[] FROM ({_ROWS}) AS rows",  # noqa: S608  as above
            {"first": 2_000_000_000, "last": 2_000_000_000 + number - 1},
        )
        return [vector for (vector,) in asked]

    def delete_share(self, tenant_id: UUID, *, one_in: int) -> None:
        """As deleting does it: memories stay for a while, vectors do not."""
        chosen = (
            "SELECT id FROM memory_memory WHERE tenant_id = %s AND deleted_at IS NULL "
            "AND (hashtext(content) & 2147483647) %% %s = 0"
        )
        self.superuser.execute(
            f"WITH gone AS (UPDATE memory_memory SET deleted_at = now() WHERE id IN ({chosen}) RETURNING id) "  # noqa: S608
            "DELETE FROM memory_memoryembedding WHERE memory_id IN (SELECT id FROM gone)",
            [tenant_id, one_in],
        )


def _point(chance: random.Random, basis: list[list[float]], length: float) -> list[float]:
    point = [0.0] * len(basis[0])
    for axis in basis:
        by = chance.gauss()
        point = [sum_ + by * part for sum_, part in zip(point, axis, strict=True)]
    scale = length / sum(part * part for part in point) ** 0.5
    return [round(part * scale, 5) for part in point]
