"""How many memories and vectors there are, by namespace: asked by every search, so it must cost nothing.

Triggers write a row for each statement that changes a number, so that no writer waits for another one. A number is
the sum of its rows. Each few seconds `fold` makes them one again for each namespace and model: it takes rows away and
puts their sum there in one statement, so no reader sees a number that is neither before nor after.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Func, Sum, Value
from django.db.models.functions import Concat, Substr

from accounts.tenancy import platform
from memory.intervals import Interval, Intervals, below, condition, meet
from memory.models import MemoryCount
from memory.namespaces import EVERYWHERE

MOST_FOLDED = 5_000
"""Rows that are folded in one transaction."""
MOST_CHILDREN = 1_000
"""Namespaces that are counted at once."""

_LOCK = (0x51_4D_06, 0)
"""An advisory lock of PostgreSQL: of two that fold, each would take the other's sum for all there is."""

_FOLD = """
    WITH fresh AS (
        DELETE FROM memory_memorycount
        WHERE id IN (SELECT id FROM memory_memorycount WHERE NOT is_folded ORDER BY id LIMIT %s)
        RETURNING tenant_id, model_id, namespace, number
    ), touched AS (
        SELECT DISTINCT tenant_id, model_id, namespace FROM fresh
    ), sums_of_models AS (
        DELETE FROM memory_memorycount AS sum USING touched
        WHERE sum.is_folded AND sum.tenant_id = touched.tenant_id AND sum.model_id = touched.model_id
          AND sum.namespace = touched.namespace
        RETURNING sum.tenant_id, sum.model_id, sum.namespace, sum.number
    ), sums_of_memories AS (
        DELETE FROM memory_memorycount AS sum USING touched
        WHERE sum.is_folded AND sum.tenant_id = touched.tenant_id AND sum.model_id IS NULL
          AND touched.model_id IS NULL AND sum.namespace = touched.namespace
        RETURNING sum.tenant_id, sum.model_id, sum.namespace, sum.number
    ), folded AS (
        INSERT INTO memory_memorycount (tenant_id, model_id, namespace, number, is_folded)
        SELECT tenant_id, model_id, namespace, sum(number), true
        FROM (
            SELECT * FROM fresh UNION ALL SELECT * FROM sums_of_models UNION ALL SELECT * FROM sums_of_memories
        ) AS parts
        GROUP BY tenant_id, model_id, namespace
        HAVING sum(number) <> 0
    )
    SELECT count(*) FROM fresh
"""

_COMPARE = """
    SELECT tenant_id, namespace, model_id, sum(counted), sum(there)
    FROM (
        SELECT tenant_id, namespace, model_id, number AS counted, 0 AS there FROM memory_memorycount
        UNION ALL
        SELECT tenant_id, namespace, NULL, 0, 1 FROM memory_memory WHERE deleted_at IS NULL
        UNION ALL
        SELECT tenant_id, namespace, model_id, 0, 1 FROM memory_memoryembedding WHERE status = 'ready'
    ) AS each
    GROUP BY tenant_id, namespace, model_id
    HAVING sum(counted) <> sum(there)
    ORDER BY tenant_id, namespace, model_id
"""


@dataclass(frozen=True)
class Weight:
    """How much a search would have to look at."""

    scope: int
    """Vectors of the model that are ready, in the namespaces that are looked in."""


@dataclass(frozen=True)
class Difference:
    """A namespace of which the counts say something else than its rows. Model None: memories, else vectors."""

    tenant_id: UUID
    namespace: str
    model_id: int | None
    counted: int
    there: int


def weigh(*, tenant_id: UUID, model_id: int | None, intervals: Intervals) -> Weight:
    """One query, in the tenant's scope, of an index that holds all it reads: a row for each namespace looked in.

    Model None: memories in place of vectors.
    """
    rows = MemoryCount.objects.filter(condition(intervals), tenant_id=tenant_id, model_id=model_id)
    return Weight(max(rows.aggregate(sum=Sum("number", default=0))["sum"], 0))


def count_namespaces(
    *,
    path: str = EVERYWHERE,
    intervals: Intervals,
    model_id: int | None = None,
    after: str = "",
    most: int = MOST_CHILDREN,
) -> dict[str, int]:
    """In the tenant's scope: the namespaces one level below `path`, in order, each with all memories below it.

    What lies in `path` itself stands under `path`. `after`: begin behind that namespace, the last of an earlier answer.
    With a model: its ready vectors in place of memories.
    """
    inside = meet((_behind(path, after),), intervals)
    rows = MemoryCount.objects.filter(condition(inside), model_id=model_id)
    rest = Substr("namespace", len(path) + 1)
    part = Func(rest, Value("/"), Value(1), function="split_part", output_field=CharField())
    child = Concat(Value(path), part, Value("/"))
    numbers = rows.annotate(child=child).values("child").annotate(sum=Sum("number")).filter(sum__gt=0)
    # What lies in the path itself has no next part.
    return {
        path if child == f"{path}/" else child: number
        for child, number in numbers.order_by("child").values_list("child", "sum")[:most]
    }


def _behind(path: str, after: str) -> Interval:
    whole = below(path)
    if not after:
        return whole
    return Interval(f"{path}!" if after == path else below(after).high, whole.high)


def fold() -> int:
    """Make the rows that were written since the last time one for each namespace and model; how many that were.

    Nothing is done while another process folds. Each transaction is short, and no writer waits for it.
    """
    folded = 0
    while True:
        with platform(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK)
            if not cursor.fetchone()[0]:
                return folded
            cursor.execute(_FOLD, [MOST_FOLDED])
            number = int(cursor.fetchone()[0])
        folded += number
        if number < MOST_FOLDED:
            return folded


def recount() -> list[Difference]:
    """Where counts and rows disagree, of what the scope sees: one look at both, exact beside writers. It reads all."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE)
        return [
            Difference(tenant, name, model, int(counted), int(there)) for tenant, name, model, counted, there in cursor
        ]
