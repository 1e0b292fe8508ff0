"""The calls that runs make, or the executions that have their keys already. Those of one moment are read together."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias
from uuid import UUID

from django.db import DatabaseError

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.offload import in_database_thread
from accounts.tenancy import within
from accounts.together import Together
from integrations.vault import Opener
from registry.errors import ToolNotFound
from registry.execution.outcome import standing_outcome
from registry.execution.types import Outcome, ToolCall
from registry.models import Execution
from webhooks.models import WebhookRun
from webhooks.queue.types import Taken
from webhooks.routing.fill import fill_run

MOVED = "Its route calls no tool any more: it hands events to an agent. Replay the event, and the agent gets it."
MOST_AT_ONCE = 10

Prepared: TypeAlias = ToolCall | Outcome
Standing: TypeAlias = dict[tuple[UUID | None, str | None], Execution]
"""Executions by their agent and key."""


async def prepare(taken: Taken) -> Prepared:
    """The outcome, where the run has made its call before: it ended when nobody was there to see, or goes on.

    Raises what keeps the call from being made: the event does not suit the route, its agent is disabled, …
    """
    return await _shared_trips(taken)


async def _prepare_together(taken: Sequence[Taken]) -> Sequence[Prepared | Exception]:
    return await in_database_thread(prepare_all, taken)


_shared_trips: Together[Taken, Prepared] = Together(_prepare_together, most=MOST_AT_ONCE)


def prepare_all(taken: Sequence[Taken]) -> list[Prepared | Exception]:
    """What each becomes, or what keeps it from being made; a transaction for each tenant."""
    became: dict[Taken, Prepared | Exception] = {}
    for tenant_id in {each.tenant_id for each in taken}:
        became |= _prepare_for(tenant_id, [each for each in taken if each.tenant_id == tenant_id])
    return [became[each] for each in taken]


def _prepare_for(tenant_id: UUID, taken: Sequence[Taken]) -> dict[Taken, Prepared | Exception]:
    """Singly, where all of them together fail: what is the matter with one is no other's."""
    try:
        return _prepare_together_for(tenant_id, taken)
    except Exception as error:  # noqa: BLE001  it is raised where the run was asked for
        if len(taken) == 1:
            return {taken[0]: error}
        return {each: became for one in taken for each, became in _prepare_for(tenant_id, [one]).items()}


def _prepare_together_for(tenant_id: UUID, taken: Sequence[Taken]) -> dict[Taken, Prepared | Exception]:
    with within(tenant_id):
        rows = WebhookRun.objects.select_related("event__source", "event__tenant", "route")
        runs = rows.in_bulk([each.id for each in taken])
        # Whoever has a run first finds no execution of it; should there be one, the corridor says so.
        standing = _standing([runs[each.id] for each in taken if each.taken > 1])

        opener = Opener(tenant_id)

        @cache
        def caller(agent_id: UUID) -> Caller:
            return absent_caller(tenant_id=tenant_id, agent_id=agent_id)

        return {each: _prepare_one(runs[each.id], standing, caller, opener) for each in taken}


def _prepare_one(
    run: WebhookRun, standing: Standing, caller: Callable[[UUID], Caller], opener: Opener
) -> Prepared | Exception:
    try:
        execution = standing.get((run.agent_id, key_of(run)))
        return _call(run, caller, opener) if execution is None else standing_outcome(execution)
    except DatabaseError:
        raise  # nothing else can be asked in this transaction
    except Exception as error:  # noqa: BLE001  it is raised where the run was asked for
        return error


def _standing(runs: Sequence[WebhookRun]) -> Standing:
    if not runs:
        return {}
    executions = Execution.objects.filter(
        agent_id__in={run.agent_id for run in runs}, idempotency_key__in=[key_of(run) for run in runs]
    )
    return {(execution.agent_id, execution.idempotency_key): execution for execution in executions}


def execution_of(run: WebhookRun) -> Execution | None:
    """The one that has the run's key."""
    return _standing([run]).get((run.agent_id, key_of(run)))


def key_of(run: WebhookRun) -> str:
    """One event has one outcome on one route, and one more for each replay."""
    return ":".join(str(each) for each in (run.event_id, run.route_id, run.replay_id) if each is not None)


def effect_key_of(run_id: UUID) -> str:
    """What the tool's service sees, whichever execution it is that tries."""
    return f"qm-{run_id}"


def _call(run: WebhookRun, caller: Callable[[UUID], Caller], opener: Opener) -> ToolCall:
    if run.route.target != run.target:
        raise ToolNotFound(MOVED)
    filled, route = fill_run(run, opener), run.route
    return ToolCall(
        caller=caller(run.agent_id),
        tool=route.tool,
        version=route.version,
        operation=route.operation,
        input=filled.input,
        masked=filled.masked,
        end_user=filled.end_user,
        timeout_ms=route.timeout_ms,
        idempotency_key=key_of(run),
        effect_key=effect_key_of(run.id),
        # All executions that an event causes are one trace.
        traceparent=f"00-{run.event_id.hex}-{run.id.hex[16:]}-01",
    )
