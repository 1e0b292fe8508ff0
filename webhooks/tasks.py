"""What workers are told to do for webhooks, and what the schedule has them do."""

from celery import shared_task

from accounts import bridge
from webhooks import retention, worker
from webhooks.queue import sweep
from webhooks.queue.kinds import DELIVERIES, RUNS, RUNS_OF_AGENTS
from webhooks.runs.lost import may_repeat
from webhooks.sources import state
from webhooks.telling.fan_out import fan_out
from webhooks.telling.retention import remove_old


@shared_task
def route_events(told: object = None) -> None:
    """Route what waits to be routed; the runs that come of it begin beside this task. Words say no more than that."""
    bridge.start(worker.route())


@shared_task
def work_queues(told: object = None) -> None:
    """Start what is due: runs, and deliveries; they run on beside this task."""
    bridge.start(worker.look())


@shared_task
def end_lost() -> None:
    """Give runs and deliveries whose holder is gone to another one, and cancel those that nobody would take."""
    if sweep.end_lost(RUNS, may_repeat=may_repeat) + sweep.end_lost(DELIVERIES):
        bridge.start(worker.look())
    for kind in (RUNS, RUNS_OF_AGENTS, DELIVERIES):
        sweep.cancel_stranded(kind)


@shared_task
def release_held() -> None:
    """Let events be routed that are held for a source which has been resumed."""
    state.release_held()


@shared_task
def expire_events() -> None:
    """Empty events that were kept long enough, and remove those that nobody needs any more."""
    retention.expire_events()


@shared_task
def tell_subscriptions() -> None:
    """Write a delivery for each event and each subscription that is to be told of it."""
    fan_out()


@shared_task
def remove_old_deliveries() -> None:
    """Remove deliveries that ended long ago, and secrets of subscriptions that sign no more."""
    remove_old()
