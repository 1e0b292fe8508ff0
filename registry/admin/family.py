"""The calls that an execution made, and those that were made beside it: of a composite, or of a batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.safestring import SafeString

from registry.admin.cells import error_code, microseconds, status_badge
from registry.models import Execution
from registry.transports.composite import DEEPEST

MOST_SHOWN = 200


@dataclass(frozen=True)
class Relative:
    """A line of the table."""

    it: Execution
    depth: int
    status: SafeString
    took: int | None
    code: str
    is_this: bool = False


@dataclass(frozen=True)
class Family:
    parent: Execution | None
    """The composite's execution; None for a batch, which is no execution."""
    calls: list[Relative]
    """What it made, each followed by what that one made."""
    beside: list[Relative]
    """What the same batch or composite made, this one included; empty where it is alone."""


def family_of(execution: Execution) -> Family:
    if execution.parent_id is None:
        return Family(None, _made_by(execution), [])
    beside = [_relative(each, 0, execution.id) for each in _children([execution.parent_id])]
    parent = Execution.objects.filter(id=execution.parent_id).only("id", "tool_slug").first()
    return Family(parent, _made_by(execution), beside if len(beside) > 1 else [])


def _made_by(execution: Execution) -> list[Relative]:
    by_parent: dict[UUID, list[Execution]] = {}
    layer = [execution.id]
    for _ in range(DEEPEST):
        found = _children(layer)
        for each in found:
            by_parent.setdefault(each.parent_id or execution.id, []).append(each)
        layer = [each.id for each in found]
        if not layer:
            break
    return list(_in_order(by_parent, execution.id, 0))[:MOST_SHOWN]


def _in_order(by_parent: dict[UUID, list[Execution]], parent_id: UUID, depth: int) -> Iterator[Relative]:
    for each in by_parent.get(parent_id, []):
        yield _relative(each, depth)
        yield from _in_order(by_parent, each.id, depth + 1)


def _children(parents: list[UUID]) -> list[Execution]:
    rows = Execution.objects.filter(parent_id__in=parents).order_by("id")
    shown = ("id", "tool_slug", "version", "status", "parent_id", "error", "started_at", "finished_at")
    return list(rows.only(*shown)[:MOST_SHOWN])


def _relative(execution: Execution, depth: int, this: UUID | None = None) -> Relative:
    return Relative(
        execution,
        depth,
        status_badge(execution),
        microseconds(execution),
        error_code(execution),
        is_this=execution.id == this,
    )
