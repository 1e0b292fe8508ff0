"""Letting go of an open call without an outcome, for another process to take up: now, or when it is due."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models.functions import Now
from django.utils import timezone

from accounts.errors import Throttled
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.errors import CircuitOpen, Interrupted, LimitsAway
from registry.execution.passage import Passage
from registry.execution.repeating import is_safe_to_repeat
from registry.execution.types import Ending, Mode
from registry.execution.wake import wake
from registry.models import Approval, Execution
from registry.models.execution import Status, WaitsFor

LONGEST_WAIT = timedelta(hours=1)
"""How long a call that waits for a worker is put off by limits and open circuits, from when it could first be run."""


async def put_back(passage: Passage, ending: Ending) -> Execution | None:
    """The execution, pending again; None: this ending stands."""
    pause = _pause(passage, ending)
    if pause is None:
        return None
    call = passage.call
    return await in_database_thread(_put_back, call.caller.tenant_id, call.execution_id, passage, pause)


def _pause(passage: Passage, ending: Ending) -> timedelta | None:
    """How long to wait; None: the call is not put back."""
    call, error = passage.call, ending.error
    if isinstance(error, Interrupted):
        harmless = passage.sent_nothing or (passage.target is not None and is_safe_to_repeat(passage.target))
        # A batch or composite answers for its own calls, and a stream has told its caller the beginning already.
        # Neither is there any more when a worker runs the call.
        is_alone = call.resumed is not None or (call.parent_id is None and call.mode is not Mode.STREAM)
        return timedelta(0) if harmless and is_alone else None
    if isinstance(error, Throttled | LimitsAway | CircuitOpen) and call.resumed is not None and passage.sent_nothing:
        return timedelta(seconds=max(1.0, error.retry_after or 0.0))
    return None


def _put_back(tenant_id: UUID, execution_id: UUID, passage: Passage, pause: timedelta) -> Execution | None:
    """Unless somebody wants it cancelled, it is not ours any more, or it was put off for long enough."""
    with within(tenant_id):
        if pause and timezone.now() - _could_run_since(execution_id, passage) >= LONGEST_WAIT:
            return None
        mine = Execution.objects.filter(
            id=execution_id, status=Status.RUNNING, run=passage.run, cancel_requested_at=None
        )
        if not mine.update(
            status=Status.PENDING,
            waits_for=WaitsFor.WORKER,
            due_at=Now() + pause,
            lease_until=None,
            attempts=passage.attempts,
        ):
            return None
        if not pause:
            wake(tenant_id, execution_id)
        return Execution.objects.get(id=execution_id)


def _could_run_since(execution_id: UUID, passage: Passage) -> datetime:
    """When a person let it run, however long they took; else when it came."""
    decided = Approval.objects.filter(execution_id=execution_id).values_list("decided_at", flat=True).first()
    return decided or passage.started_at
