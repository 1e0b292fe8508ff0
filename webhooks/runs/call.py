"""The call that a run makes, or the execution that has its key already. Read in one transaction."""

from uuid import UUID

from accounts.absent import absent_caller
from accounts.tenancy import within
from registry.errors import ToolNotFound
from registry.execution.outcome import standing_outcome
from registry.execution.types import Outcome, ToolCall
from registry.models import Execution
from webhooks.models import WebhookRun
from webhooks.queue.types import Taken
from webhooks.routing.fill import fill_run

MOVED = "Its route calls no tool any more: it hands events to an agent. Replay the event, and the agent gets it."


def prepare(taken: Taken) -> ToolCall | Outcome:
    """The outcome, where the run has made its call before: it ended when nobody was there to see, or goes on.

    Raises what keeps the call from being made: the event does not suit the route, its agent is disabled, …
    """
    with within(taken.tenant_id):
        run = WebhookRun.objects.select_related("event__source", "event__tenant", "route").get(id=taken.id)
        standing = execution_of(run)
        return _call(run) if standing is None else standing_outcome(standing)


def execution_of(run: WebhookRun) -> Execution | None:
    """The one that has the run's key."""
    return Execution.objects.filter(agent_id=run.agent_id, idempotency_key=key_of(run)).first()


def key_of(run: WebhookRun) -> str:
    """One event has one outcome on one route, and one more for each replay."""
    return ":".join(str(each) for each in (run.event_id, run.route_id, run.replay_id) if each is not None)


def effect_key_of(run_id: UUID) -> str:
    """What the tool's service sees, whichever execution it is that tries."""
    return f"qm-{run_id}"


def _call(run: WebhookRun) -> ToolCall:
    if run.route.target != run.target:
        raise ToolNotFound(MOVED)
    filled, route = fill_run(run), run.route
    return ToolCall(
        caller=absent_caller(tenant_id=run.tenant_id, agent_id=run.agent_id),
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
