"""After an attempt: its row, how the delivery goes on and how its subscription fares, all of it or nothing."""

from datetime import datetime

from accounts.tenancy import within
from webhooks.queue.endings import give_up, put_back
from webhooks.queue.schedule import next_pause
from webhooks.queue.success import succeed
from webhooks.queue.types import Attempt, Taken
from webhooks.telling.judge import Judgement
from webhooks.telling.pack import Packed
from webhooks.telling.standing import note_failure, note_success


def conclude(taken: Taken, packed: Packed, judgement: Judgement, started: datetime) -> bool:
    """Whether the delivery was still ours: nothing is written otherwise."""
    attempt = Attempt(
        started_at=started,
        status_code=judgement.status_code,
        code=judgement.code,
        detail=judgement.detail,
        response=judgement.response,
    )
    with within(taken.tenant_id):
        is_ours = _end(taken, packed, judgement, attempt)
        if is_ours:
            _note_standing(packed, judgement, started)
        return is_ours


def _end(taken: Taken, packed: Packed, judgement: Judgement, attempt: Attempt) -> bool:
    if judgement.is_success:
        return succeed(taken, attempt)
    pause = next_pause(packed.schedule, attempts=packed.attempts + 1, asked=judgement.retry_after)
    return give_up(taken, attempt, judgement.cause) if pause is None else put_back(taken, attempt, pause)


def _note_standing(packed: Packed, judgement: Judgement, started: datetime) -> None:
    """A test that fails counts for nothing: whoever sent it is still at work on the receiver."""
    if judgement.is_success:
        note_success(packed.subscription_id, started)
    elif judgement.is_gone or not packed.is_test:
        note_failure(packed.subscription_id, started, is_gone=judgement.is_gone)
