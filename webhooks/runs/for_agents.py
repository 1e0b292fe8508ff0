"""Runs that an agent fetches: it asks for the next one, has it as long as it says so, and says how it went.

At least once: what an agent has not ended in time goes to whoever asks next, and is theirs alone then.
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import audit
from accounts.api.problems import translate
from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.tenancy import within
from integrations.redaction import redact
from registry.redaction import redaction_without_tool
from webhooks.errors import NotHeldByYou, RunNotFound
from webhooks.models import WebhookRun
from webhooks.models.queued import Cause, QueueStatus
from webhooks.models.route import Target
from webhooks.queue.claim import Claimed, claim
from webhooks.queue.endings import give_up, put_back, put_off
from webhooks.queue.kinds import runs_for
from webhooks.queue.lanes import FIRST, due_lanes
from webhooks.queue.leases import extend
from webhooks.queue.schedule import next_pause
from webhooks.queue.shares import share
from webhooks.queue.success import succeed
from webhooks.queue.types import Attempt, Taken
from webhooks.routing.fill import Filled, fill_run
from webhooks.runs.attempt import conclude_unmade
from webhooks.sources.hidden import hidden_of
from webhooks.wake import wake_agent

MOST_LANES = 500
"""As many as a tenant may have."""
MOST_KEPT = 2_000
"""Letters of what an agent says of a run."""
FAILED = "failed_by_agent"


@dataclass(frozen=True)
class Work:
    """A run as its agent gets it."""

    run: WebhookRun
    filled: Filled


def next_for(caller: Caller) -> Work | None:
    """The next that is due for this agent; None: there is none now. Raises Forbidden for a person.

    One whose event does not suit its route ends as a dead letter, and the one behind it comes.
    """
    agent_id = _agent(caller)
    while True:
        found = _take(caller.tenant_id, agent_id)
        for taken in found.taken:
            started_at = timezone.now()
            try:
                return _work(taken)
            except Exception as error:  # noqa: BLE001  as for a tool: it is told on the run
                conclude_unmade(taken, translate(error), started_at)
        if not (found.taken or found.set_aside):
            return None


def give_back(work: Work) -> None:
    """Its agent does not hear of it: it is due at once, and no attempt is counted."""
    run = work.run
    put_off(Taken(runs_for(run.tenant_id, run.agent_id), run.tenant_id, run.id, run.taken), timedelta(0))
    wake_agent(run.agent_id)


def done(*, run_id: UUID, by: Caller, taken: int | None, result: Any = None) -> WebhookRun:
    """It succeeded; `result` is what the agent says of it. Raises Forbidden, RunNotFound, NotHeldByYou."""
    held = _held(run_id, by, taken)
    run = _run(held)
    succeed(held, Attempt(_taken_at(run), response="" if result is None else _as_stored(run, result)))
    audit.record(
        tenant_id=held.tenant_id,
        actor=by.actor,
        action="webhook_run.done",
        subject=f"webhook_run:{run_id}",
        detail={"route": str(run.route_id), "event": str(run.event_id)},
    )
    return _run(held)


def failed(*, run_id: UUID, by: Caller, taken: int | None, detail: str, again: bool) -> WebhookRun:
    """It did not succeed. `again`: by the schedule, as long as there are attempts left. Raises as `done`."""
    held = _held(run_id, by, taken)
    run = _run(held)
    went = Attempt(_taken_at(run), code=FAILED, detail=_as_stored(run, detail))
    pause = next_pause(run.route.schedule, attempts=run.attempts + 1) if again else None
    if pause is None:
        give_up(held, went, Cause.TOOL)
    else:
        put_back(held, went, pause)
    return _run(held)


def extend_lease(*, run_id: UUID, by: Caller, taken: int | None) -> WebhookRun:
    """It is the agent's for WEBHOOK_LEASE_SECONDS from now on. Raises as `done`."""
    held = _held(run_id, by, taken)
    extend(held.kind, [held])
    return _run(held)


def _agent(caller: Caller) -> UUID:
    if caller.agent_id is None:
        raise Forbidden("Runs are fetched by the agents that they are for. Ask with the API key of one.")
    return caller.agent_id


def _take(tenant_id: UUID, agent_id: UUID) -> Claimed:
    """One at most; of any of its routes, so that a backlog of one keeps no other waiting."""
    with within(tenant_id):
        kind = runs_for(tenant_id, agent_id)
        lanes = due_lanes(kind, after=FIRST, most=MOST_LANES)
        random.shuffle(lanes)
        return claim(kind, share(lanes, free=1, held={}))


def _work(taken: Taken) -> Work:
    with within(taken.tenant_id):
        run = WebhookRun.objects.select_related("event__source", "event__tenant", "route").get(id=taken.id)
        return Work(run, fill_run(run))


def _held(run_id: UUID, by: Caller, taken: int | None) -> Taken:
    """Locked, so that it stays theirs until the transaction ends."""
    agent_id = _agent(by)
    rows = WebhookRun.objects.filter(id=run_id, agent_id=agent_id, target=Target.AGENT)
    run = rows.select_for_update().first()
    if run is None:
        raise RunNotFound
    if run.status != QueueStatus.RUNNING or taken not in (None, run.taken):
        raise NotHeldByYou
    return Taken(runs_for(by.tenant_id, agent_id), by.tenant_id, run_id, run.taken)


def _run(held: Taken) -> WebhookRun:
    return WebhookRun.objects.select_related("tenant", "event__source", "route", "agent").get(id=held.id)


def _as_stored(run: WebhookRun, said: Any) -> str:
    """First masked, then cut: half a secret would not be found. It may repeat what the event's sender had repeated."""
    hidden = hidden_of(run.event.source, run.tenant.generation)
    masked = redact(said, secrets=hidden, rules=redaction_without_tool(run.tenant).stored).value
    return (masked if isinstance(masked, str) else json.dumps(masked))[:MOST_KEPT]


def _taken_at(run: WebhookRun) -> datetime:
    return run.taken_at or run.created_at
