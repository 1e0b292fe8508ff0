"""Calls that wait for a person, and what became of those that did, as the live socket tells them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.models import AuditEntry
from registry.models import Approval
from registry.models.approval import ApprovalState

CHANGES_PER_FRAME = 50

_ACTIONS = ("approval.requested", "approval.approved", "approval.refused", "approval.expired", "approval.withdrawn")
_COLUMNS = (
    *("id", "execution_id", "tool_slug", "version", "agent__slug"),
    *("state", "requested_at", "expires_at", "decided_at"),
)


@dataclass(frozen=True)
class ApprovalLine:
    id: str
    execution: str
    tool: str
    version: str
    agent: str
    state: str
    requested_at: str
    expires_at: str
    decided_at: str | None


@dataclass(frozen=True)
class Approvals:
    waiting: int
    """All that wait now."""
    changed: tuple[ApprovalLine, ...] = ()
    """Those that something happened to, as they are now, newest first."""


def standing() -> Approvals:
    """Call it inside the tenant's scope."""
    return Approvals(Approval.objects.waiting().count())


def changed_in(entries: QuerySet[AuditEntry]) -> Approvals:
    """What these entries tell of approvals. Call it inside the tenant's scope."""
    happened = entries.filter(action__in=_ACTIONS).order_by("-sequence")
    ids = {subject.partition(":")[2] for subject in happened.values_list("subject", flat=True)[:CHANGES_PER_FRAME]}
    rows = Approval.objects.filter(id__in=ids).order_by("-id").values_list(*_COLUMNS) if ids else []
    return Approvals(standing().waiting, tuple(_line(*row) for row in rows))


def _line(
    id_: Any, execution: Any, tool: str, version: str, agent: str | None, state: str, *times: Any
) -> ApprovalLine:
    requested_at, expires_at, decided_at = (at.isoformat() if at else None for at in times)
    return ApprovalLine(
        id=str(id_),
        execution=str(execution),
        tool=tool,
        version=version,
        agent=agent or "",
        state=ApprovalState(state).value,
        requested_at=requested_at or "",
        expires_at=expires_at or "",
        decided_at=decided_at,
    )
