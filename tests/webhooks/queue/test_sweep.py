"""Rows whose holder is gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from tests.webhooks.queue.rows import WENT, as_it_stands, let_be_due, make_route, make_runs, take
from tests.webhooks.telling.subscribers import deliveries, happen, subscribed, told
from webhooks.models import WebhookDelivery, WebhookRun, WebhookSubscription
from webhooks.queue.endings import GONE
from webhooks.queue.kinds import DELIVERIES, RUNS, RUNS_OF_AGENTS, Kind
from webhooks.queue.leases import extend
from webhooks.queue.success import succeed
from webhooks.queue.sweep import MOST_LOST, cancel_stranded, end_lost

pytestmark = pytest.mark.django_db


def lose(run: WebhookRun) -> None:
    with within(run.tenant_id):
        WebhookRun.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_what_a_gone_holder_had_is_given_to_the_next(scout: Agent) -> None:
    [run] = make_runs(make_route(scout))
    [first] = take()
    lose(run)
    assert end_lost(RUNS, at=timezone.now()) == 1
    [second] = take()
    assert (second.id, second.taken) == (run.id, 2)
    assert not succeed(first, WENT)


def test_a_lease_that_goes_on_is_left_alone(scout: Agent) -> None:
    make_runs(make_route(scout))
    take()
    assert end_lost(RUNS, at=timezone.now()) == 0


def test_it_waits_for_leases_to_be_extended_when_postgresql_has_just_come_back(scout: Agent, settings: Any) -> None:
    [run] = make_runs(make_route(scout))
    take()
    lose(run)
    settings.WEBHOOK_LEASE_SECONDS = 10_000_000
    assert end_lost(RUNS) == 0
    settings.WEBHOOK_LEASE_SECONDS = 0
    assert end_lost(RUNS) == 1


def lose_all(run: WebhookRun, may_repeat: Callable[[Any], bool]) -> WebhookRun:
    """As many holders as may be lost, whatever pauses there are between them."""
    for _ in range(MOST_LOST):
        let_be_due(run)
        take()
        lose(run)
        end_lost(RUNS, at=timezone.now(), may_repeat=may_repeat)
    return as_it_stands(run)


@pytest.mark.parametrize(
    ("may_repeat", "then"),
    [
        (True, "Redrive it to try again."),
        (False, "It may have had its effect, and is not safe to repeat. Look at the service before redriving it."),
    ],
)
def test_what_seems_to_end_its_holders_is_given_up(scout: Agent, may_repeat: bool, then: str) -> None:
    [run] = make_runs(make_route(scout))
    run = lose_all(run, lambda row: may_repeat)
    assert (run.status, run.cause, run.code) == ("dead", "ours", "lease_ended")
    assert run.detail.endswith(f"That was the 5th time, so it was not given to another one. {then}")


def test_it_is_given_to_the_next_later_each_time(scout: Agent) -> None:
    """What ends its holders does not end all that there are within seconds."""
    [run] = make_runs(make_route(scout))
    pauses = []
    for _ in range(MOST_LOST - 1):
        let_be_due(run)
        take()
        lose(run)
        before = timezone.now()
        end_lost(RUNS, at=before)
        due_at = as_it_stands(run).due_at
        assert due_at is not None
        pauses.append(round((due_at - before).total_seconds()))
    assert pauses == [0, 10, 60, 300]


def test_each_kind_has_its_own_table(scout: Agent) -> None:
    [run] = make_runs(make_route(scout))
    take()
    lose(run)
    assert end_lost(DELIVERIES, at=timezone.now()) == 0
    assert DELIVERIES.table == WebhookDelivery._meta.db_table


def test_leases_are_extended_as_long_as_they_are_ours(scout: Agent) -> None:
    ours, theirs = make_runs(make_route(scout), 2)
    held = take()
    for run in (ours, theirs):
        lose(run)
    with within(theirs.tenant_id):
        WebhookRun.objects.filter(id=theirs.id).update(taken=2)
    assert extend(RUNS, held) == 1
    assert end_lost(RUNS, at=timezone.now()) == 1
    assert as_it_stands(ours).status == "running"


@pytest.mark.parametrize(("kind", "target"), [(RUNS, "tool"), (RUNS_OF_AGENTS, "agent")])
def test_what_waits_for_a_lane_that_was_just_removed_is_cancelled(kind: Kind, target: str, scout: Agent) -> None:
    """Its route was still there when its event was routed, or it was redriven."""
    gone, there = make_route(scout, "gone", target=target, deleted_at=timezone.now()), make_route(scout, target=target)
    [ended] = make_runs(gone, status="dead")
    [late] = make_runs(gone)
    make_runs(there)
    assert cancel_stranded(kind) == 1
    late = as_it_stands(late)
    assert (late.status, late.detail, late.finished_at is not None) == ("cancelled", GONE, True)
    assert as_it_stands(ended).status == "dead"


def test_a_delivery_that_waits_for_nobody_is_cancelled(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    happen(acme, "execution.failed")
    told(acme)
    with within(acme.id):
        WebhookSubscription.objects.filter(id=ops.id).update(deleted_at=timezone.now())
    assert cancel_stranded(DELIVERIES) == 1
    [delivery] = deliveries(acme)
    assert delivery.status == "cancelled"
