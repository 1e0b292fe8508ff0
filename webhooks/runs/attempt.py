"""One attempt of a run: through the corridor, and what its outcome means for the run.

Whatever ends a process in between is harmless. Before the execution is opened, nothing was sent. After that the run's
key has it: who takes the run next finds it, waits until it has ended, and concludes from what stands there. The key is
released in the transaction that puts the run back, and so never without another attempt being due.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.api.problems import translate
from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from accounts.pool import AWAY
from accounts.tenancy import within
from registry.execution.outcome import standing_outcome
from registry.execution.pipeline import execute
from registry.execution.repeating import is_version_safe_to_repeat
from registry.execution.types import Outcome
from registry.models import Execution
from registry.models.execution import UNFINISHED, Status
from registry.release_keys import release_keys
from webhooks.models import WebhookRun
from webhooks.queue.endings import give_up, put_back, put_off
from webhooks.queue.rest import end_rest, let_rest
from webhooks.queue.schedule import next_pause
from webhooks.queue.success import succeed_with_others
from webhooks.queue.types import Attempt, Taken
from webhooks.runs.call import prepare
from webhooks.runs.classify import Failure, Verdict, failure_of, judge

SOONEST_LOOK = timedelta(seconds=5)
LATEST_LOOK = timedelta(minutes=5)
"""How long until a run looks again at an execution that goes on; in between, half as long as it has gone on."""
KEY_IS_TAKEN = "idempotency_conflict"
CIRCUIT_OPEN = "circuit_open"


async def attempt(taken: Taken) -> None:
    """Raises what keeps it from being concluded: then the run is put off, or its lease ends."""
    started_at = timezone.now()
    try:
        prepared = await prepare(taken)
    except AWAY:
        raise
    except Exception as error:  # noqa: BLE001  whatever keeps a call from being made is told on its run
        await in_database_thread(conclude_unmade, taken, translate(error), started_at)
        return
    outcome = prepared if isinstance(prepared, Outcome) else await execute(prepared)
    await conclude(taken, outcome, started_at)


async def conclude(taken: Taken, outcome: Outcome, started_at: datetime) -> None:
    if outcome.status == Status.SUCCEEDED:
        await succeed_with_others(taken, Attempt(started_at, execution_id=outcome.id))
    elif outcome.status in UNFINISHED:
        await in_database_thread(put_off, taken, _next_look(outcome), execution_id=outcome.id)
    else:
        await in_database_thread(conclude_failed, taken, outcome, started_at)


def conclude_unmade(taken: Taken, error: QuartermasterError, started_at: datetime) -> None:
    """There is no execution: the call could not be put together."""
    failure = Failure(error.code, error.message, retry_after=error.retry_after)
    with within(taken.tenant_id):
        _go_on(taken, judge(failure, is_safe=True), Attempt(started_at))


def conclude_failed(taken: Taken, outcome: Outcome, started_at: datetime) -> None:
    with within(taken.tenant_id):
        row = Execution.objects.select_related("tool_version").filter(id=outcome.id).first()
        if row is not None:
            outcome = standing_outcome(row)  # as it may be stored
        failure = failure_of(outcome)
        if failure.code == KEY_IS_TAKEN:
            # Another holder of the run was faster: its execution is found at the next look.
            put_off(taken, SOONEST_LOOK)
            return
        is_safe = row is not None and row.tool_version is not None and is_version_safe_to_repeat(row.tool_version)
        verdict = judge(failure, is_safe=is_safe)
        _go_on(taken, verdict, Attempt(started_at, execution_id=outcome.id))
    with within(taken.tenant_id):
        # Apart: nobody holds a run and waits for its route, which somebody may remove who waits for the run.
        _tell_route(taken, verdict)


def _go_on(taken: Taken, verdict: Verdict, went: Attempt) -> None:
    failure = verdict.failure
    went = replace(went, code=failure.code, detail=failure.detail, status_code=failure.status_code)
    pause = _pause(taken, failure) if verdict.again else None
    if pause is None:
        give_up(taken, went, verdict.cause)
    elif put_back(taken, went, pause) and went.execution_id is not None:
        release_keys([went.execution_id])


def _pause(taken: Taken, failure: Failure) -> timedelta | None:
    """Before the next attempt; None: there is none left."""
    run = WebhookRun.objects.select_related("route").get(id=taken.id)
    return next_pause(run.route.schedule, attempts=run.attempts + 1, asked=failure.retry_after)


def _tell_route(taken: Taken, verdict: Verdict) -> None:
    """It rests while its tool's circuit is open, until something was answered again."""
    route_id = WebhookRun.objects.values_list("route_id", flat=True).get(id=taken.id)
    if verdict.failure.code == CIRCUIT_OPEN:
        let_rest(route_id, verdict.failure.retry_after)
    elif not verdict.is_down:
        end_rest(route_id)


def _next_look(outcome: Outcome) -> timedelta:
    age = timezone.now() - outcome.started_at
    return min(max(SOONEST_LOOK, age / 2), LATEST_LOOK)
