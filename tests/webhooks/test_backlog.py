"""What has not ended yet, all tenants together."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.tenancy import platform
from tests.webhooks.queue.rows import make_route, make_runs
from tests.webhooks.rows import make_event, make_source
from webhooks import backlog as module
from webhooks.backlog import Backlog, backlog

pytestmark = pytest.mark.django_db
NONE = {"waiting": 0, "due": 0, "running": 0, "dead": 0}


def counted() -> Backlog:
    with platform():
        return backlog(timezone.now())


def test_it_counts_nothing_where_nothing_is(acme: Tenant) -> None:
    assert counted() == Backlog(runs=NONE, deliveries=NONE, events={"waiting": 0, "held": 0})


def test_it_counts_runs_by_what_becomes_of_them_next(scout: Agent, spy: Agent) -> None:
    route, later = make_route(scout), timezone.now() + timedelta(hours=1)
    make_runs(route, 3)
    make_runs(make_route(spy, target="agent"), 1)
    make_runs(route, 2, due_at=later)
    make_runs(route, 1, due_at=None)
    for status, count in (("running", 2), ("dead", 1), ("succeeded", 5), ("cancelled", 1)):
        make_runs(route, count, status=status)
    assert counted().runs == {"waiting": 3, "due": 4, "running": 2, "dead": 1}


def test_it_counts_events_that_are_to_be_routed(acme: Tenant, globex: Tenant) -> None:
    for tenant, routing in ((acme, "waiting"), (globex, "waiting"), (globex, "held"), (globex, "routed")):
        make_event(make_source(tenant, f"{tenant.slug}-{routing}"), routing=routing)
    assert counted().events == {"waiting": 2, "held": 1}


def test_it_reads_no_more_than_it_must(scout: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    make_runs(make_route(scout), 9)
    monkeypatch.setattr(module, "MOST_COUNTED", 4)
    assert counted().runs["due"] == 4
