"""Dead letters wait for an attempt again, with a whole schedule before them. What had succeeded is left alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.caller import Caller
from accounts.roles import Right
from webhooks.models import WebhookRedo
from webhooks.models.queued import QueueStatus
from webhooks.models.redo import RedoKind
from webhooks.queue.kinds import Kind
from webhooks.redo import claim_redo
from webhooks.wake import wake_queue

MOST_AT_ONCE = 10_000
"""Dead letters that one redrive takes, the oldest first."""


@dataclass(frozen=True)
class Redriven:
    count: int
    """How many there were, or would be."""
    left: int = 0
    """How many more fit, and were too many for once."""
    redo: WebhookRedo | None = None
    """None: it was a dry run."""
    ids: tuple[UUID, ...] = ()
    """Of those that this very request made wait again."""


def redrive(
    kind: Kind,
    rows: QuerySet[Any],
    *,
    tenant_id: UUID,
    by: Caller,
    asked: Mapping[str, Any],
    idempotency_key: str | None = None,
    dry_run: bool = False,
) -> Redriven:
    """Those of `rows` that are dead letters of a lane that there is; `asked` says which rows, as it was written.

    Inside the tenant's scope. Raises Forbidden; IdempotencyConflict, when the key was used for something else.
    """
    by.require(Right.CALL)
    dead = rows.filter(status=QueueStatus.DEAD, **{f"{kind.lane}__deleted_at": None})
    if dry_run:
        count = dead.count()
        return Redriven(min(count, MOST_AT_ONCE), max(0, count - MOST_AT_ONCE))
    asked = {"kind": kind.noun, **asked}
    claimed = claim_redo(
        tenant_id=tenant_id, by=by, kind=RedoKind.REDRIVE, asked=asked, idempotency_key=idempotency_key
    )
    redo = claimed.redo
    if not claimed.is_new:
        return Redriven(redo.count, redo=redo)
    ids = tuple(dead.order_by("id").select_for_update(of=("self",)).values_list("id", flat=True)[:MOST_AT_ONCE])
    kind.model.objects.filter(id__in=ids).update(
        status=QueueStatus.WAITING, due_at=Now(), attempts=0, lost=0, cause="", finished_at=None
    )
    redo.count = len(ids)
    redo.save(update_fields=["count"])
    _tell(kind, redo, ids)
    wake_queue()
    return Redriven(len(ids), dead.count(), redo, ids)


def _tell(kind: Kind, redo: WebhookRedo, ids: tuple[UUID, ...]) -> None:
    audit.record(
        tenant_id=redo.tenant_id,
        actor=redo.actor,
        action=kind.redriven,
        subject=f"{kind.noun}:{ids[0]}" if len(ids) == 1 else f"webhook_redo:{redo.id}",
        detail={"redo": str(redo.id), "count": len(ids)},
    )
