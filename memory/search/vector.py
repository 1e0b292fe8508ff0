"""Comparing vectors: one by one (`compare`), or those that an index leads to (`follow`)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models.functions import Cast
from pgvector.django import CosineDistance, HalfVectorField

from memory.models.embedding import MemoryEmbeddingQuerySet
from memory.search.limits import LARGEST_EF, MOST_TUPLES


@dataclass(frozen=True)
class Near:
    """A memory and its distance from the question: 0 the same direction, 1 none in common, 2 the opposite."""

    memory_id: UUID
    distance: float

    @property
    def similarity(self) -> float:
        return max(-1.0, min(1.0, 1.0 - self.distance))


@dataclass(frozen=True)
class Compared:
    nearest: tuple[Near, ...]
    """The nearest first; those that are as near by their ids."""
    scanned: int


def compare(rows: MemoryEmbeddingQuerySet, vector: Sequence[float], *, limit: int, most: int) -> Compared | None:
    """All of `rows`, once. None: there are more than `most`.

    The column itself is compared, not the cast that indexes are over, so that none of them is taken.
    """
    measured = rows.annotate(distance=CosineDistance("vector", vector)).order_by().values_list("memory_id", "distance")
    inner, parameters = measured[: most + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH compared (memory_id, distance) AS MATERIALIZED ({inner}) "  # noqa: S608  Django's own SQL
            "SELECT memory_id, distance, (SELECT count(*) FROM compared) FROM compared "
            "ORDER BY distance, memory_id LIMIT %s",
            [*parameters, limit],
        )
        found = cursor.fetchall()
    scanned = found[0][2] if found else 0
    return None if scanned > most else Compared(_nearest((id_, distance) for id_, distance, _ in found), scanned)


def compare_all(rows: MemoryEmbeddingQuerySet, vector: Sequence[float], *, limit: int) -> tuple[Near, ...]:
    """The same of however many there are, without keeping a list of them."""
    measured = rows.annotate(distance=CosineDistance("vector", vector)).order_by("distance", "memory_id")
    return _nearest(measured.values_list("memory_id", "distance")[:limit])


def follow(rows: MemoryEmbeddingQuerySet, vector: Sequence[float], *, dimensions: int, limit: int, ef: int) -> Compared:
    """What an index over the cast column leads to. Fewer than `limit`: it has given up, and there may be more.

    It gives what it finds about in order, so that more are asked for than are needed, and then ordered.
    """
    wanted = min(2 * limit, LARGEST_EF)
    column = Cast("vector", HalfVectorField(dimensions=dimensions))
    measured = rows.annotate(distance=CosineDistance(column, vector)).order_by("distance")
    with _following(max(ef, wanted)):
        found = list(measured.values_list("memory_id", "distance")[:wanted])
    return Compared(_nearest(sorted(found, key=lambda each: (each[1], each[0])))[:limit], len(found))


_SETTINGS = (
    ("hnsw.ef_search", "{ef}"),
    ("hnsw.iterative_scan", "relaxed_order"),
    ("hnsw.max_scan_tuples", str(MOST_TUPLES)),
    ("hnsw.scan_mem_multiplier", "4"),
    # An index gives what is near in order. Any other way would have to sort, and so is not taken.
    ("enable_sort", "off"),
)


@contextmanager
def _following(ef: int) -> Iterator[None]:
    """PostgreSQL's settings for one statement. They are the transaction's, so they are taken back before it goes on.

    A statement that fails leaves a transaction that can only be rolled back, and they with it.
    """
    _set([(name, value.format(ef=ef)) for name, value in _SETTINGS])
    yield
    _set([(name, None) for name, _ in _SETTINGS])


def _set(settings: Sequence[tuple[str, str | None]]) -> None:
    """None: as the session has it."""
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for setting in settings for part in setting])


def _nearest(rows: Iterable[tuple[UUID, float]]) -> tuple[Near, ...]:
    return tuple(Near(memory_id, distance) for memory_id, distance in rows)
