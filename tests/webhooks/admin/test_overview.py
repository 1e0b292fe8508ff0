"""The overview: what came, what became of it, and what somebody should look at."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse
from tests.webhooks.queue.rows import make_route, make_runs
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.telling.subscribers import subscribed
from webhooks.admin.overview import attention
from webhooks.models import WebhookSubscription
from webhooks.models.event import EventStatus
from webhooks.models.queued import Cause, QueueStatus

pytestmark = pytest.mark.django_db

OVERVIEW = "/admin/webhooks/overview/"


def test_it_leads_to_the_first_source(browse: Browse, alice: Person) -> None:
    page = browse(alice).page(OVERVIEW)
    assert "No service tells us anything yet" in page
    assert "/admin/webhooks/webhooksource/add/" in page


def test_it_offers_a_reader_no_source_to_make(browse: Browse, vera: Person) -> None:
    page = browse(vera).page(OVERVIEW)
    assert "An operator chooses the service" in page
    assert "New source" not in page


def test_it_counts_what_came_for_each_source(browse: Browse, vera: Person, acme: Tenant) -> None:
    source = make_source(acme, name="Billing of acme")
    make_event(source)
    make_event(source, status=EventStatus.REJECTED, routing="", count=20)
    page = browse(vera).page(OVERVIEW, {"time": "hour"})
    assert "Billing of acme" in page
    assert "Last hour, events: 1 accepted, 20 rejected." in page
    assert "Nothing waits for you." in page


def test_it_says_what_became_of_it(browse: Browse, vera: Person, acme: Tenant, scout: Agent) -> None:
    make_source(acme)
    make_runs(make_route(scout), 3, status=QueueStatus.DEAD, cause=Cause.TOOL)
    page = browse(vera).page(OVERVIEW)
    assert "Last 24 hours, runs: 3 dead." in page
    assert "?cause=tool" in page


def test_it_knows_no_other_spans_of_time(browse: Browse, vera: Person, acme: Tenant) -> None:
    make_source(acme)
    assert "Last 24 hours, events: none." in browse(vera).page(OVERVIEW, {"time": "century"})


class TestAttention:
    def test_it_is_calm_where_all_went_well(self, acme: Tenant, scout: Agent) -> None:
        make_runs(make_route(scout), 2, status=QueueStatus.SUCCEEDED)
        with within(acme.id):
            assert attention(timezone.now()).is_calm

    def test_dead_letters_are_counted_by_whose_matter_they_are(self, acme: Tenant, scout: Agent) -> None:
        route = make_route(scout)
        make_runs(route, 2, status=QueueStatus.DEAD, cause=Cause.SENDER)
        make_runs(route, 1, status=QueueStatus.DEAD, cause=Cause.OURS)
        with within(acme.id):
            found = attention(timezone.now())
        assert [(each.cause, each.count) for each in found.dead] == [("sender", 2), ("ours", 1)]
        assert (found.dead_runs, found.is_calm) == (3, False)

    def test_it_sees_what_should_have_begun_long_ago(self, acme: Tenant, scout: Agent) -> None:
        route = make_route(scout)
        make_runs(route)
        make_runs(route, due_at=timezone.now() - timedelta(seconds=30))
        with within(acme.id):
            assert attention(timezone.now()).late == 1

    def test_it_names_subscriptions_that_gave_up(self, acme: Tenant) -> None:
        by_hand, by_itself = subscribed(acme, "hand").subscription, subscribed(acme, "itself").subscription
        with within(acme.id):
            WebhookSubscription.objects.filter(id=by_hand.id).update(enabled=False)
            WebhookSubscription.objects.filter(id=by_itself.id).update(enabled=False, disabled_reason="It failed.")
            assert attention(timezone.now()).ended_subscriptions == [by_itself]
