"""The namespaces that there are, level by level, for whoever may read them."""

from accounts.caller import Actor
from memory.access import reach_of
from memory.indexes.counts import MOST_CHILDREN, count_namespaces
from memory.namespaces import EVERYWHERE


def child_namespaces(
    *, by: Actor, under: str = EVERYWHERE, after: str = "", most: int = MOST_CHILDREN
) -> dict[str, int]:
    """As `count_namespaces`, of the memories that the caller may read. Raises Forbidden."""
    return count_namespaces(path=under, intervals=reach_of(by).readable, after=after, most=most)
