"""Sets of namespaces as intervals of texts: what a caller may see, and where somebody looks.

A namespace with all below it is `[path, path[:-1] + "0")`: `0` is the character after `/`. Intervals are compared by
bytes, as PostgreSQL does in a column of collation C; a namespace is ASCII, so that Python compares alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from memory.namespaces import EVERYWHERE

_LAST = "\x7f"
"""Above every namespace."""


@dataclass(frozen=True, order=True)
class Interval:
    """The namespaces from `low` up to, and without, `high`."""

    low: str
    high: str

    def __contains__(self, namespace: str) -> bool:
        return self.low <= namespace < self.high


Intervals = tuple[Interval, ...]
"""In order, and none overlaps another."""

EVERYTHING: Intervals = (Interval("", _LAST),)
NOTHING: Intervals = ()


def below(namespace: str) -> Interval:
    """The namespace and all below it; of EVERYWHERE, all there are."""
    return EVERYTHING[0] if namespace == EVERYWHERE else Interval(namespace, namespace[:-1] + "0")


def covers(intervals: Intervals, namespace: str) -> bool:
    return any(namespace in interval for interval in intervals)


def covers_all(intervals: Intervals, interval: Interval) -> bool:
    """Whether the whole of `interval` is in one of them."""
    return any(each.low <= interval.low and interval.high <= each.high for each in intervals)


def meet(left: Intervals, right: Intervals) -> Intervals:
    """What is in both."""
    found = [
        Interval(max(one.low, other.low), min(one.high, other.high))
        for one in left
        for other in right
        if one.low < other.high and other.low < one.high
    ]
    return tuple(sorted(found))


def joined(intervals: Iterable[Interval]) -> Intervals:
    """In order, those that touch made one."""
    found: list[Interval] = []
    for interval in sorted(intervals):
        if found and interval.low <= found[-1].high:
            found[-1] = Interval(found[-1].low, max(found[-1].high, interval.high))
        else:
            found.append(interval)
    return tuple(found)


def condition(intervals: Sequence[Interval], *, column: str = "namespace") -> Q:
    """What a query asks of the column; of no interval, what no row answers."""
    if tuple(intervals) == EVERYTHING:
        return Q()
    within = Q(pk__in=[])
    for interval in intervals:
        within |= Q(**{f"{column}__gte": interval.low, f"{column}__lt": interval.high})
    return within
