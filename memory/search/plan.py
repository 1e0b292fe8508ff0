"""Deciding how vectors are compared. Pure: counts and a list of indexes in, a plan out.

An index over many vectors is quick where most of what it leads to may be found, and poor where little may: it passes
over what may not until it gives up. Comparing all is always right, and takes about a microsecond for each. So: few are
compared one by one; of many, those that fit the request's conditions, if these are few; then an index, where enough
of it is looked in; and what is left is compared one by one after all, a few such searches at a time.
"""

from dataclasses import dataclass

from memory.indexes.counts import Weight
from memory.indexes.known import IndexFacts, Usable
from memory.search.limits import (
    EF,
    EXACT_MATCHES,
    EXACT_ROWS,
    LARGEST_EF,
    LEAST_SHARE,
    LEAST_SHARED_SHARE,
)
from memory.search.types import Route


@dataclass(frozen=True)
class Plan:
    route: Route
    most: int | None = None
    """Exact: give up beyond so many rows that fit, and go by `then`. None: however many there are."""
    index: str = ""
    """`own` or `shared`."""
    ef: int = 0
    """How many candidates the index keeps while it searches."""
    then: "Plan | None" = None

    @property
    def is_large(self) -> bool:
        """Whether few such searches may run at once."""
        return self.route is Route.EXACT and self.most is None


NOTHING = Plan(Route.NONE)
ALL = Plan(Route.EXACT)


def plan_for(*, weight: Weight, usable: Usable, is_narrowed: bool) -> Plan:
    """`is_narrowed`: whether the request leaves out more than namespaces do."""
    if weight.scope <= 0:
        return NOTHING
    if weight.scope <= EXACT_ROWS:
        # The count may be a moment old; twice as many are no harm.
        return Plan(Route.EXACT, most=2 * EXACT_ROWS, then=ALL)
    beyond = _by_index(weight, usable, least=EXACT_MATCHES if is_narrowed else weight.scope) or ALL
    return Plan(Route.EXACT, most=EXACT_MATCHES, then=beyond) if is_narrowed else beyond


def is_small(weight: Weight) -> bool:
    """Whether it needs no index, so that nobody has to ask which there are."""
    return weight.scope <= EXACT_ROWS


def _by_index(weight: Weight, usable: Usable, *, least: int) -> Plan | None:
    """`least`: how many vectors may be found, at least."""
    for name, facts, share in (("own", usable.own, LEAST_SHARE), ("shared", usable.shared, LEAST_SHARED_SHARE)):
        if facts is not None and weight.scope >= share * facts.rows:
            return Plan(Route.ANN, index=name, ef=_ef(least, facts))
    return None


def _ef(least: int, facts: IndexFacts) -> int:
    """Of what the index leads to, only a share may be found: it has to keep so many more."""
    return max(EF, min(LARGEST_EF, EF * max(facts.rows, 1) // max(least, 1)))
