"""What would leave large searches slow, found at start with an id and a hint."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.db import DatabaseError

from memory.indexes.build import may_build
from memory.indexes.decide import Note, decide
from memory.indexes.look import look
from memory.models import IndexState, VectorIndex


def register() -> None:
    checks.register(check_indexes, checks.Tags.database)


def check_indexes(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether the indexes over vectors that there should be are there, or will be."""
    if "default" not in (databases or ()):
        return []
    try:
        waits = any(not isinstance(step, Note) for step in decide(look()))
        failed = list(VectorIndex.objects.filter(state=IndexState.FAILED))
    except DatabaseError:
        return []  # config.E001 says so, or the tables are still to be made
    found: list[checks.CheckMessage] = [
        checks.Warning(
            f"The index {each.name} could not be built {each.attempts} times: {each.detail}",
            hint="Searches are right without it, and slower. Give PostgreSQL what it lacks; it is tried again.",
            id="memory.W006",
        )
        for each in failed
    ]
    if waits and not may_build():
        found.append(
            checks.Warning(
                "There are indexes over vectors to be built or removed, and this process may not.",
                hint="Set DATABASE_OWNER_URL for workers, or run `manage.py memory tend-indexes` with it.",
                id="memory.W005",
            )
        )
    return found
