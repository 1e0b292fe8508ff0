"""Telling that there is something to do. A lost word does no harm: the schedule, or whoever waits, looks by itself."""

from functools import partial
from uuid import UUID

from django.db import transaction

from accounts.telling import tell_workers
from registry.execution.shared import PREFIX
from registry.live import board

ROUTE_EVENTS = "webhooks.tasks.route_events"
WORK_QUEUES = "webhooks.tasks.work_queues"
FOR_AGENTS = f"{PREFIX}webhooks:for-agents"
"""The channel on which an agent's id says that a run waits for it."""

_PUBLISH = "return redis.call('PUBLISH', KEYS[1], ARGV[1])"


def wake_router() -> None:
    """There are events to route. After the commit, if there is a transaction around; returns at once."""
    tell_workers(ROUTE_EVENTS)


def wake_queue() -> None:
    """There are runs or deliveries that are due. After the commit, as above."""
    tell_workers(WORK_QUEUES)


def wake_agent(agent_id: UUID) -> None:
    """There is a run that waits for this agent. After the commit; bounded by REDIS_TIMEOUT_SECONDS."""
    transaction.on_commit(partial(board.evaluate, _PUBLISH, [FOR_AGENTS], [str(agent_id)]))
