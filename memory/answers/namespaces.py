"""Which namespaces there are, and how many memories each holds."""

from typing import Any

from memory.answers.filters import READERS as FILTER
from memory.answers.reading import Readers, a_number, read_fields_of
from memory.answers.types import Answer, Asker, in_tenant
from memory.indexes.counts import MOST_CHILDREN
from memory.namespaces import EVERYWHERE
from memory.tree import child_namespaces

ASKED: Readers = {"under": FILTER["namespace"], "after": FILTER["namespace"], "limit": a_number(1, MOST_CHILDREN)}


async def namespaces(asker: Asker, asked: Any, *, path: str = "$") -> Answer:
    """One level below `under`, in order, behind `after`. `next`: what to give as `after`."""
    return await in_tenant(asker, _namespaces, read_fields_of(asked, ASKED, path=path))


def _namespaces(asker: Asker, read: dict[str, Any]) -> Answer:
    limit = read.get("limit", MOST_CHILDREN)
    counts = child_namespaces(by=asker.by, under=read.get("under", EVERYWHERE), after=read.get("after", ""), most=limit)
    results = [{"namespace": namespace, "count": count} for namespace, count in counts.items()]
    following = results[-1]["namespace"] if len(results) == limit else None
    return Answer({"next": following, "results": results})
