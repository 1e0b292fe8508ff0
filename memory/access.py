"""What a caller may read and write: the one place that every way in asks.

REST, the built-in tools, the command and the pages pass a caller to a verb; each verb asks here, and hands what it
is told to its query. Who may not read a namespace does not learn that it exists.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.db.models import Q

from accounts.caller import Actor, Caller
from accounts.errors import Forbidden
from accounts.roles import Right
from memory.intervals import EVERYTHING, NOTHING, Interval, Intervals, below, covers, covers_all, joined
from memory.models import Access, NamespaceRule


@dataclass(frozen=True)
class Reach:
    """Where somebody may read and write. What may be written may be read."""

    readable: Intervals
    writable: Intervals

    def require_write(self, namespace: str) -> None:
        """Raise Forbidden unless memories may be written there."""
        if not covers(self.writable, namespace):
            raise _not_writable(namespace)

    def require_write_below(self, namespace: str) -> None:
        """Raise Forbidden unless that holds for the namespace and all below it."""
        if not covers_all(self.writable, below(namespace)):
            raise _not_writable(namespace or "/")


ALL = Reach(EVERYTHING, EVERYTHING)


def reach_of(by: Actor) -> Reach:
    """Read in the tenant's scope, at most one query. Raises Forbidden when the role may not even read."""
    by.require(Right.READ)
    if not isinstance(by, Caller):
        return ALL
    writes = by.may(Right.CALL)
    if by.agent_id is None:
        return Reach(EVERYTHING, EVERYTHING if writes else NOTHING)
    return reach_by_rules(_rules(by.agent_id), writes=writes)


def reach_by_rules(rules: Sequence[tuple[str, str, bool]], *, writes: bool) -> Reach:
    """`rules`: a path, what is granted there, and whether it names the agent. `writes`: whether the role may write.

    The longest path decides; of two with the same path, the one that names the agent.
    """
    granted: dict[str, str] = {"": Access.WRITE}
    for path, access, _ in sorted(rules, key=lambda rule: rule[2]):
        granted[path] = access
    readable = _where(granted, {Access.READ, Access.WRITE})
    return Reach(readable, _where(granted, {Access.WRITE}) if writes else NOTHING)


def _rules(agent_id: UUID) -> list[tuple[str, str, bool]]:
    rows = NamespaceRule.objects.filter(Q(agent_id=agent_id) | Q(agent_id=None)).order_by()
    return [
        (path, access, agent is not None) for path, access, agent in rows.values_list("namespace", "access", "agent")
    ]


def _where(granted: dict[str, str], accesses: set[Access]) -> Intervals:
    """Every path is an interval, and those of two paths lie apart or one in the other: cut at all their ends."""
    ends = sorted({end for path in granted for end in (below(path).low, below(path).high)})
    pieces = [Interval(low, high) for low, high in pairwise(ends)]
    return joined(piece for piece in pieces if granted[_deciding(granted, piece.low)] in accesses)


def _deciding(granted: dict[str, str], place: str) -> str:
    """The longest path that `place` is below: one of its own beginnings, however many paths there are."""
    ends = (end for end in range(len(place), 0, -1) if place[end - 1] == "/")
    return next((place[:end] for end in ends if place[:end] in granted), "")


def _not_writable(namespace: str) -> Forbidden:
    return Forbidden(
        f"You may not write memories in `{namespace}`. An admin of your tenant can change your role, or the rules of "
        "its namespaces."
    )
