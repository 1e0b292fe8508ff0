"""Routes whose tool's circuit is open."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import System
from accounts.models import Agent
from accounts.tenancy import within
from tests.catalogue import Register
from tests.webhooks.queue.rows import WENT, ids, make_route, make_runs, take
from webhooks.models import WebhookRoute
from webhooks.queue.kinds import runs_for
from webhooks.queue.rest import LONGEST, let_rest
from webhooks.queue.success import succeed
from webhooks.routes.change import change_route

pytestmark = pytest.mark.django_db

HOUR = 3600


def rest(route: WebhookRoute, seconds: float | None = 30) -> timedelta | None:
    """How long it rests from now on."""
    with within(route.tenant_id):
        let_rest(route.id, seconds)
        route.refresh_from_db()
    return route.rests_until - timezone.now() if route.rests_until else None


def let_it_be_over(route: WebhookRoute) -> None:
    with within(route.tenant_id):
        WebhookRoute.objects.filter(id=route.id).update(rests_until=timezone.now() - timedelta(days=1))


def test_nothing_is_taken_of_one_that_rests(scout: Agent) -> None:
    resting, other = make_route(scout, "resting"), make_route(scout, "other")
    make_runs(resting, 3)
    [run] = make_runs(other)
    rest(resting)
    assert ids(take()) == [run.id]


def test_afterwards_one_tries_and_a_success_ends_it(scout: Agent) -> None:
    route = make_route(scout, concurrency=3)
    make_runs(route, 9)
    rest(route)
    let_it_be_over(route)
    [trying] = take()
    assert take() == []
    succeed(trying, WENT)
    with within(route.tenant_id):
        assert WebhookRoute.objects.get(id=route.id).rests_until is None
    assert len(take()) == 3


def test_it_rests_a_second_at_least_and_a_minute_at_most(scout: Agent) -> None:
    for seconds, least, most in ((None, 0, 1), (0.1, 0, 1), (30, 28, 30), (HOUR, 55, LONGEST.total_seconds())):
        rests = rest(make_route(scout, f"r{seconds}".replace(".", "-")), seconds)
        assert rests is not None
        assert least < rests.total_seconds() <= most


def test_a_success_from_before_does_not_end_it(scout: Agent) -> None:
    """It began when the circuit was closed, and ends while it is open."""
    route = make_route(scout)
    make_runs(route, 2)
    before, _ = take()
    rest(route)
    succeed(before, WENT)
    with within(route.tenant_id):
        assert WebhookRoute.objects.get(id=route.id).rests_until is not None


def test_what_an_agent_fetches_does_not_rest(scout: Agent) -> None:
    """Whatever its route called before."""
    route = make_route(scout, target="agent")
    make_runs(route, 2)
    rest(route)
    with within(scout.tenant_id):
        assert len(take(kind=runs_for(scout.tenant_id, scout.id))) == 2


@pytest.mark.parametrize("changes", [{"enabled": False}, {"version": "^1.0.0"}, {"target": "agent", "tool": ""}])
def test_a_route_that_calls_something_else_rests_no_more(
    changes: dict[str, Any], scout: Agent, register: Register
) -> None:
    register()
    route = make_route(scout)
    rest(route)
    with within(route.tenant_id):
        assert change_route(route=route, by=System("tests"), changes={"name": "Other"}).rests_until is not None
        assert change_route(route=route, by=System("tests"), changes=changes).rests_until is None
        assert WebhookRoute.objects.get(id=route.id).rests_until is None


def test_who_comes_later_does_not_write_it_again(scout: Agent) -> None:
    route = make_route(scout)
    rest(route)
    first = route.rests_until
    rest(route)
    assert route.rests_until == first


def test_one_that_calls_for_end_users_does_not_rest(scout: Agent) -> None:
    """Each of them may have a circuit of their own."""
    assert rest(make_route(scout, end_user="body.user")) is None
