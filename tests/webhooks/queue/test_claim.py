"""Taking what is due."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.tenancy import platform
from tests.webhooks.queue.rows import WENT, as_it_stands, ids, let_be_due, make_route, make_runs, of, take
from webhooks.models import WebhookRoute
from webhooks.models.queued import Cause
from webhooks.queue import endings
from webhooks.queue.claim import claim
from webhooks.queue.kinds import DELIVERIES, RUNS, runs_for
from webhooks.queue.lanes import FIRST, Lane, due_lanes
from webhooks.queue.success import succeed

pytestmark = pytest.mark.django_db


def test_what_is_taken_is_leased_and_numbered(scout: Agent) -> None:
    [run] = make_runs(make_route(scout))
    [taken] = take()
    assert (taken.kind, taken.tenant_id, taken.id, taken.taken) == (RUNS, scout.tenant_id, run.id, 1)
    run = as_it_stands(run)
    assert (run.status, run.taken, run.attempts) == ("running", 1, 0)
    assert run.lease_until is not None
    assert timedelta(seconds=25) < run.lease_until - timezone.now() <= timedelta(seconds=30)
    assert take() == []


def test_what_is_due_longest_comes_first(scout: Agent) -> None:
    route, now = make_route(scout), timezone.now()
    [later] = make_runs(route, due_at=now - timedelta(minutes=1))
    [sooner] = make_runs(route, due_at=now - timedelta(hours=1))
    make_runs(route, due_at=now + timedelta(hours=1))
    assert [each.id for each in sorted(take(), key=lambda each: each.id == later.id)] == [sooner.id, later.id]


def test_never_more_of_a_lane_than_may_run_at_once(scout: Agent) -> None:
    route = make_route(scout, concurrency=2)
    runs = make_runs(route, 5)
    first, second = take()
    assert take() == []
    succeed(first, WENT)
    [third] = take()
    assert {first.id, second.id, third.id} == set(ids(runs[:3]))


def test_a_share_that_is_out_of_date_is_cut(scout: Agent) -> None:
    """Somebody else has taken of the lane since it was looked at."""
    route = make_route(scout, concurrency=2)
    make_runs(route, 5)
    make_runs(route, status="running")
    with platform():
        assert len(claim(RUNS, {Lane(route.tenant_id, route.id, running=0, due=2): 2}).taken) == 1


def test_a_lane_that_was_switched_off_meanwhile_gives_nothing(scout: Agent) -> None:
    route = make_route(scout)
    make_runs(route)
    with platform():
        lanes = due_lanes(RUNS, after=FIRST, most=1)
        WebhookRoute.objects.update(enabled=False)
        assert claim(RUNS, dict.fromkeys(lanes, 1)).taken == []


def test_each_kind_takes_its_own(scout: Agent, spy: Agent) -> None:
    make_runs(make_route(scout), target="agent")
    for_scout = runs_for(scout.tenant_id, scout.id)
    assert take(kind=RUNS) == []
    assert take(kind=DELIVERIES) == []
    assert take(kind=runs_for(spy.tenant_id, spy.id)) == []
    assert [each.tenant_id for each in take(kind=for_scout)] == [scout.tenant_id]


def test_a_tenant_with_a_backlog_does_not_keep_another_waiting(
    scout: Agent, spy: Agent, acme: Tenant, globex: Tenant
) -> None:
    for number in range(12):
        make_runs(make_route(scout, f"failing-{number}"), 250)
    make_runs(make_route(spy))
    taken = take(20)
    assert (of(acme, taken), of(globex, taken)) == (10, 1)


def test_of_one_order_key_only_the_first_is_taken(scout: Agent) -> None:
    route = make_route(scout, ordered_by="body.id")
    first, second = make_runs(route, 2, order_key="a")
    [other] = make_runs(route, order_key="b")
    free = make_runs(route, 2)
    taken = take()
    assert {each.id for each in taken} == {first.id, other.id, *ids(free)}
    assert (as_it_stands(second).status, as_it_stands(second).due_at) == ("waiting", None)


def test_the_next_one_comes_when_the_one_before_has_ended(scout: Agent) -> None:
    runs = make_runs(make_route(scout, ordered_by="body.id"), 4, order_key="a")
    order = []
    while taken := take():
        [one] = taken
        order.append(one.id)
        ended = endings.give_up(one, WENT, Cause.TOOL) if len(order) == 2 else succeed(one, WENT)
        assert ended
    assert order == ids(runs)


def test_one_that_waits_for_its_next_attempt_holds_up_those_behind_it(scout: Agent) -> None:
    first, second = make_runs(make_route(scout, ordered_by="body.id"), 2, order_key="a")
    [taken] = take()
    endings.put_back(taken, WENT, timedelta(hours=1))
    assert take() == []
    let_be_due(first)
    [taken] = take()
    assert taken.id == first.id
    succeed(taken, WENT)
    [taken] = take()
    assert taken.id == second.id


def test_an_earlier_one_that_comes_late_waits_for_the_one_that_runs(scout: Agent) -> None:
    route = make_route(scout, ordered_by="body.id")
    earlier = new_id()
    [late] = make_runs(route, order_key="a")
    [taken] = take()
    assert taken.id == late.id
    [early] = make_runs(route, order_key="a", id=earlier)
    assert take() == []
    succeed(taken, WENT)
    [taken] = take()
    assert taken.id == early.id


def test_the_order_of_one_tenant_is_no_others_matter(scout: Agent, spy: Agent) -> None:
    for agent in (scout, spy):
        make_runs(make_route(agent, ordered_by="body.id"), 2, order_key="a")
    assert len(take()) == 2
