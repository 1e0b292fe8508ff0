"""Comparing vectors: one by one (`compare`), or those that an index leads to (`follow`)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models.functions import Cast
from pgvector.django import CosineDistance, HalfVectorField

from memory.models.embedding import MemoryEmbeddingQuerySet
from memory.models.memory import MemoryQuerySet


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


def compare(
    rows: MemoryEmbeddingQuerySet,
    vector: Sequence[float],
    *,
    limit: int,
    most: int,
    fitting: MemoryQuerySet | None = None,
) -> Compared | None:
    """All of `rows`, once; with `fitting`, those of these memories alone. None: there are more than `most`.

    The column itself is compared, not the cast that indexes are over, so that none of them is taken. Memories are
    found first, and then their vectors: PostgreSQL, which does not know how much row-level security lets through,
    would look up each vector's memory.
    """
    measured = rows.annotate(distance=CosineDistance("vector", vector)).order_by().values_list("memory_id", "distance")
    if fitting is None:
        inner, parameters = measured[: most + 1].query.sql_with_params()
        found = _fetch(f"compared AS MATERIALIZED ({inner})", [*parameters], "compared", limit)  # Django's own SQL
    else:
        inner, parameters = measured.query.sql_with_params()
        fit, given = fitting.order_by().values_list("id")[: most + 1].query.sql_with_params()
        tables = (
            f"fit (id) AS MATERIALIZED ({fit}), compared AS MATERIALIZED ("  # noqa: S608  Django's own SQL
            f"SELECT near.memory_id, near.distance FROM fit JOIN ({inner}) AS near ON near.memory_id = fit.id "
            "WHERE (SELECT count(*) FROM fit) <= %s)"
        )
        found = _fetch(tables, [*given, *parameters, most], "fit", limit)
    number, scanned = found[0][:2]
    if number > most:
        return None
    return Compared(_nearest((memory_id, distance) for _, _, memory_id, distance in found if memory_id), scanned)


def _fetch(tables: str, parameters: Sequence[Any], counted: str, limit: int) -> list[Any]:
    """A row at least: how many there are in `counted`, how many were compared, and the nearest, if any."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {tables} SELECT (SELECT count(*) FROM {counted}), (SELECT count(*) FROM compared), near.* "  # noqa: S608  no values
            "FROM (SELECT 1) AS one LEFT JOIN "
            "(SELECT memory_id, distance FROM compared ORDER BY distance, memory_id LIMIT %s) AS near ON true "
            "ORDER BY distance, memory_id",
            [*parameters, limit],
        )
        found: list[Any] = cursor.fetchall()
    return found


def compare_all(rows: MemoryEmbeddingQuerySet, vector: Sequence[float], *, limit: int) -> tuple[Near, ...]:
    """The same of however many there are, without keeping a list of them."""
    measured = rows.annotate(distance=CosineDistance("vector", vector)).order_by("distance", "memory_id")
    # Many vectors and their memories are joined all at once.
    with _with_settings([("enable_nestloop", "off")]):
        return _nearest(measured.values_list("memory_id", "distance")[:limit])


def follow(
    candidates: MemoryEmbeddingQuerySet,
    rows: MemoryEmbeddingQuerySet,
    vector: Sequence[float],
    *,
    dimensions: int,
    limit: int,
    ef: int,
) -> Compared:
    """Of the `ef` vectors nearest to it that an index over the cast column leads to, those that are among `rows`.

    Fewer than `limit`: most of what is near may not be found, and there may be more that may. The index is not asked
    to go on until it has enough: where a question is far from all that it may find, it loses its way, and what it
    brings then is not what is nearest.
    """
    column = Cast("vector", HalfVectorField(dimensions=dimensions))
    measured = candidates.annotate(distance=CosineDistance(column, vector)).order_by("distance")
    led, parameters = measured.values_list("id", "distance")[:ef].query.sql_with_params()
    fit, given = rows.order_by().values_list("id", "memory_id").query.sql_with_params()
    with _with_settings([(name, value.format(ef=ef)) for name, value in _FOLLOWING]), connection.cursor() as cursor:
        cursor.execute(
            f"WITH led (id, distance) AS MATERIALIZED ({led}) "  # noqa: S608  Django's own SQL
            "SELECT fit.memory_id, led.distance, (SELECT count(*) FROM led) "
            f"FROM led JOIN ({fit}) AS fit ON fit.id = led.id ORDER BY led.distance, fit.memory_id LIMIT %s",
            [*parameters, *given, limit],
        )
        found = cursor.fetchall()
    scanned = found[0][2] if found else ef
    return Compared(_nearest((memory_id, distance) for memory_id, distance, _ in found), scanned)


_FOLLOWING = (
    ("hnsw.ef_search", "{ef}"),
    # An index gives what is near in order. Any other way would have to sort, and so is not taken.
    ("enable_sort", "off"),
    # What it has led to is looked up by its ids: PostgreSQL, behind row-level security, thinks that few rows fit.
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
)


@contextmanager
def _with_settings(settings: Sequence[tuple[str, str]]) -> Iterator[None]:
    """For one statement. They are the transaction's, so they are taken back before it goes on.

    A statement that fails leaves a transaction that can only be rolled back, and they with it.
    """
    _set(settings)
    yield
    _set([(name, None) for name, _ in settings])


def _set(settings: Sequence[tuple[str, str | None]] | Sequence[tuple[str, str]]) -> None:
    """None: as the session has it."""
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", [part for setting in settings for part in setting])


def _nearest(rows: Iterable[tuple[UUID, float]]) -> tuple[Near, ...]:
    return tuple(Near(memory_id, distance) for memory_id, distance in rows)
