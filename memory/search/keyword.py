"""Finding memories by the words of a question: each that has one of them, ranked by how many it has, and how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Value

from memory.models.memory import MemoryQuerySet
from memory.search.limits import FREQUENT, MOST_COUNTED, MOST_WORD_MATCHES
from memory.search.words import Question, any_of, has_each, matches, rank


@dataclass(frozen=True)
class Worded:
    memory_id: UUID
    rank: float
    """PostgreSQL's `ts_rank`."""
    covers: float
    """How much of the question its words are, from 0 to 1: rare words are more of it than frequent ones."""


def find_by_words(rows: MemoryQuerySet, question: Question, *, limit: int, number: int) -> tuple[Worded, ...]:
    """The best first; of those that are as good, the newest. `number`: about how many `rows` there are.

    Of more than can be ranked, those with the rarest words are, and what the others have counts for nothing.
    """
    if not question.lexemes:
        return ()
    lexemes: Sequence[str] = question.lexemes
    counts: dict[str, int] | None = None
    if number > MOST_WORD_MATCHES:
        counted = lexemes[:MOST_COUNTED]
        counts = dict(zip(counted, _count(rows, counted), strict=True))
        lexemes = _rarest(counts)
    found, having = _ranked(rows, question, lexemes, limit)
    weights = _weights(counts or dict(zip(lexemes, having, strict=True)), lexemes, number)
    return tuple(Worded(memory_id, value, _covers(has, weights)) for memory_id, value, has in found)


def _ranked(
    rows: MemoryQuerySet, question: Question, lexemes: Sequence[str], limit: int
) -> tuple[list[tuple[UUID, float, list[bool]]], list[int]]:
    """The best, each with which of the lexemes it has; and how many memories have each."""
    every = any_of(question.lexemes)
    having = rows.filter(matches(any_of(lexemes))).annotate(rank=rank(every), has=has_each(lexemes)).order_by()
    inner, parameters = having.values_list("id", "rank", "has")[:MOST_WORD_MATCHES].query.sql_with_params()
    counts = ", ".join(f"count(*) FILTER (WHERE has[{place}])" for place in range(1, len(lexemes) + 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found (id, rank, has) AS MATERIALIZED ({inner}) "  # noqa: S608  Django's own SQL, and numbers
            f"SELECT id, rank, has, (SELECT ARRAY[{counts}] FROM found) FROM found "
            "ORDER BY rank DESC, id DESC LIMIT %s",
            [*parameters, limit],
        )
        found = cursor.fetchall()
    counted = found[0][3] if found else [0] * len(lexemes)
    return [(memory_id, value, has) for memory_id, value, has, _ in found], counted


def _weights(counts: Mapping[str, int], lexemes: Sequence[str], number: int) -> list[float]:
    """How much each says: the fewer memories have it, the more (inverse document frequency)."""
    return [log(1 + (max(number - counts[lexeme], 0) + 0.5) / (counts[lexeme] + 0.5)) for lexeme in lexemes]


def _covers(has: Sequence[bool], weights: Sequence[float]) -> float:
    return sum(weight for weight, is_there in zip(weights, has, strict=True) if is_there) / sum(weights)


def _rarest(counts: Mapping[str, int]) -> list[str]:
    """As many words, from the rarest on, as memories with them can be ranked; of frequent ones the longest alone."""
    chosen: list[str] = []
    room = MOST_WORD_MATCHES
    for lexeme in sorted(counts, key=lambda lexeme: (counts[lexeme], -len(lexeme), lexeme)):
        room -= counts[lexeme]
        if chosen and (room < 0 or counts[lexeme] > FREQUENT):
            break
        chosen.append(lexeme)
    return chosen


def _count(rows: MemoryQuerySet, lexemes: Sequence[str]) -> list[int]:
    """How many memories have each, counted no further than matters; one query for all."""
    counts: list[str] = []
    parameters: list[Any] = []
    for lexeme in lexemes:
        having = rows.filter(matches(any_of([lexeme]))).order_by().annotate(one=Value(1)).values_list("one")
        inner, given = having[: FREQUENT + 1].query.sql_with_params()
        counts.append(f"(SELECT count(*) FROM ({inner}) AS found)")  # noqa: S608  Django's own SQL
        parameters += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", parameters)
        return list(cursor.fetchone())
