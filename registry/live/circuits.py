"""What circuits did between two positions, for frames of the live feed."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.ids import uuid_in
from accounts.models import AuditEntry
from registry.breakers.transitions import ACTIONS
from registry.models import Tool

CHANGES_PER_FRAME = 20
STATES = {**ACTIONS, "breaker.held": "held", "breaker.released": "released"}


@dataclass(frozen=True)
class CircuitChange:
    state: str
    """`open`, `half_open`, `closed`, `held` or `released`."""
    tool: str
    tool_id: str
    version: str
    """Empty: all versions."""
    at: str


def circuit_changes(entries: QuerySet[AuditEntry]) -> tuple[CircuitChange, ...]:
    """The newest ones first. Call it inside the tenant's scope."""
    found = entries.filter(action__in=STATES).order_by("-sequence").values_list("action", "detail", "at")
    rows = list(found[:CHANGES_PER_FRAME])
    slugs = _slugs({id_ for _, detail, _ in rows if (id_ := uuid_in(detail["tool"]))}) if rows else {}
    return tuple(
        CircuitChange(
            state=STATES[action],
            tool=slugs.get(detail["tool"], ""),
            tool_id=detail["tool"],
            version=detail["version"] or "",
            at=at.isoformat(),
        )
        for action, detail, at in rows
    )


def _slugs(ids: set[UUID]) -> dict[str, str]:
    return {str(id_): slug for id_, slug in Tool.objects.filter(id__in=ids).values_list("id", "slug")}
