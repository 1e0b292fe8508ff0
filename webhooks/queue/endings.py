"""How what was taken goes on, or ends without success; with it: `webhooks/queue/success.py`.

Each is fenced: it changes nothing, and says False, once another one has it. Each opens the tenant's scope; called
inside one, it is part of that transaction.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts import audit
from accounts.tenancy import within
from webhooks.live import tell_pages
from webhooks.models import WebhookAttempt
from webhooks.models.queued import Cause, QueueStatus
from webhooks.queue.order import let_next_come
from webhooks.queue.types import Attempt, Taken

ACTOR = "system:webhooks"
GONE = "What it was for was removed meanwhile."

_IS_GONE = """
    SELECT lane.deleted_at IS NOT NULL FROM {table} AS row JOIN {lanes} AS lane ON lane.id = row.{lane}_id
    WHERE row.id = %s FOR KEY SHARE OF lane
"""


def put_back(taken: Taken, attempt: Attempt, pause: timedelta) -> bool:
    """The attempt failed; the next one is due after the pause."""
    with within(taken.tenant_id):
        due_at = timezone.now() + pause
        is_ours = _attempted(taken, attempt, **_waiting(taken, due_at, code=attempt.code, detail=attempt.detail))
        if is_ours:
            _log(taken, attempt, number=_row(taken).attempts, next_at=due_at)
        return is_ours


def put_off(taken: Taken, pause: timedelta, *, execution_id: UUID | None = None) -> bool:
    """No attempt has ended: it is looked at again after the pause. The execution is the one that is waited for."""
    waited_for = {} if execution_id is None else {"execution_id": execution_id}
    with within(taken.tenant_id):
        return _update(taken, **_waiting(taken, Now() + pause, **waited_for))


def take_away(taken: Taken, attempt: Attempt, pause: timedelta) -> bool:
    """Its holder is gone: it is due after the pause, and no attempt is counted."""
    with within(taken.tenant_id):
        due_at = timezone.now() + pause
        is_ours = _update(taken, **_waiting(taken, due_at, lost=F("lost") + 1))
        if is_ours:
            _log(taken, attempt, number=_row(taken).attempts + 1, next_at=due_at)
        return is_ours


def give_up(taken: Taken, attempt: Attempt, cause: Cause) -> bool:
    """The attempt failed, and is the last: a dead letter, which the audit trail tells of."""
    with within(taken.tenant_id):
        facts = {"status": QueueStatus.DEAD, "cause": cause, "code": attempt.code, "detail": attempt.detail}
        is_ours = _attempted(taken, attempt, finished_at=Now(), **facts)
        if is_ours:
            row = _row(taken)
            _log(taken, attempt, number=row.attempts, next_at=None)
            if taken.kind.has_order and row.order_key:
                let_next_come(taken.id)
            _tell_of_dead(taken, row, cause, attempt.code)
        return is_ours


def _tell_of_dead(taken: Taken, row: Any, cause: Cause, code: str) -> None:
    kind = taken.kind
    audit.record(
        tenant_id=taken.tenant_id,
        actor=ACTOR,
        action=kind.died,
        subject=f"{kind.noun}:{taken.id}",
        detail={
            kind.lane: str(getattr(row, f"{kind.lane}_id")),
            "cause": str(cause),
            "code": code,
            "attempts": row.attempts,
        },
    )


def _waiting(taken: Taken, due_at: Any, **facts: Any) -> dict[str, Any]:
    """Unless its lane is removed meanwhile: then it is cancelled, as those were that waited."""
    if not _lane_is_gone(taken):
        return {"status": QueueStatus.WAITING, "due_at": due_at, **facts}
    return facts | {"status": QueueStatus.CANCELLED, "finished_at": Now(), "detail": GONE}


def _lane_is_gone(taken: Taken) -> bool:
    """It stays as it is until the transaction ends: who removes it waits, and finds what is let wait now."""
    kind = taken.kind
    with connection.cursor() as cursor:
        cursor.execute(_IS_GONE.format(table=kind.table, lanes=kind.lanes_table, lane=kind.lane), [taken.id])
        return bool(cursor.fetchone()[0])


def _attempted(taken: Taken, attempt: Attempt, **facts: Any) -> bool:
    if taken.kind.attempt_of == "run":
        if attempt.execution_id is not None:
            facts["execution_id"] = attempt.execution_id
        facts["first_attempt_at"] = Coalesce("first_attempt_at", attempt.started_at)
    return _update(taken, attempts=F("attempts") + 1, **facts)


def _update(taken: Taken, **facts: Any) -> bool:
    mine = _rows(taken).filter(taken=taken.taken, status=QueueStatus.RUNNING)
    tell_pages(taken.tenant_id)
    return bool(mine.update(lease_until=None, **facts))


def _rows(taken: Taken) -> QuerySet[Any]:
    return taken.kind.model.objects.filter(id=taken.id)


def _row(taken: Taken) -> Any:
    ordered = ["order_key"] if taken.kind.has_order else []
    return _rows(taken).only(f"{taken.kind.lane}_id", "attempts", *ordered).get()


def _log(taken: Taken, attempt: Attempt, *, number: int, next_at: datetime | None) -> None:
    WebhookAttempt.objects.create(
        tenant_id=taken.tenant_id,
        number=number,
        started_at=attempt.started_at,
        finished_at=timezone.now(),
        execution_id=attempt.execution_id,
        status_code=attempt.status_code,
        code=attempt.code,
        detail=attempt.detail,
        response=attempt.response,
        next_at=next_at,
        **{f"{taken.kind.attempt_of}_id": taken.id},
    )
