"""Dead letters and runs: found, looked at, tried again, called off."""

from typing import Any

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of
from tests.webhooks.queue.rows import make_route
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import run_on
from webhooks.models import WebhookAttempt, WebhookEvent, WebhookRoute, WebhookRun, WebhookSource
from webhooks.models.event import Routing
from webhooks.models.queued import Cause, QueueStatus

pytestmark = pytest.mark.django_db

LIST = list_of(WebhookRun)


@pytest.fixture
def route(scout: Agent) -> WebhookRoute:
    return make_route(scout, "to-crm")


@pytest.fixture
def event(acme: Tenant) -> WebhookEvent:
    return make_event(make_source(acme), routing=Routing.ROUTED)


def ended(route: WebhookRoute, event_type: str = "invoice.paid", **facts: Any) -> WebhookRun:
    with within(route.tenant_id):
        source = WebhookSource.objects.first() or make_source(Tenant.objects.get())
    run = run_on(route, make_event(source, event_type=event_type, routing=Routing.ROUTED))
    usual = {"status": QueueStatus.DEAD, "cause": Cause.TOOL, "code": "upstream_error", "attempts": 1}
    with within(route.tenant_id):
        WebhookRun.objects.filter(id=run.id).update(**usual | facts)
        return WebhookRun.objects.get(id=run.id)


def status_of(run: WebhookRun) -> str:
    with within(run.tenant_id):
        return WebhookRun.objects.get(id=run.id).status


class TestList:
    @pytest.mark.parametrize(
        ("query", "title", "shown"),
        [
            ({}, "Dead letters", {"died", "unfit"}),
            ({"status": "all"}, "Runs", {"died", "unfit", "done", "waits"}),
            ({"status": "succeeded"}, "Runs", {"done"}),
            ({"cause": "sender"}, "Dead letters", {"unfit"}),
            ({"code": "upstream_error"}, "Dead letters", {"died"}),
            ({"status": "all", "target": "agent"}, "Runs", {"waits"}),
            ({"q": "no id"}, "Dead letters", set()),
        ],
    )
    def test_it_shows_what_died_unless_asked_otherwise(
        self, browse: Browse, vera: Person, route: WebhookRoute, query: dict[str, str], title: str, shown: set[str]
    ) -> None:
        ended(route, "died")
        ended(route, "unfit", cause=Cause.SENDER, code="invalid_input")
        ended(route, "done", status=QueueStatus.SUCCEEDED, cause="", code="")
        ended(route, "waits", status=QueueStatus.WAITING, cause="", code="", target="agent")
        page = browse(vera).page(LIST, query)
        assert f"<h1>{title}</h1>" in page
        assert {kind for kind in ("died", "unfit", "done", "waits") if f'qm-two-first">{kind}' in page} == shown

    def test_a_run_is_found_by_its_event_too(self, browse: Browse, vera: Person, route: WebhookRoute) -> None:
        run, _ = ended(route, "died"), ended(route, "unfit")
        for asked in (run.id, run.event_id):
            page = browse(vera).page(LIST, {"q": str(asked)})
            assert ("died" in page, "unfit" in page) == (True, False)

    def test_it_is_narrowed_by_route(self, browse: Browse, vera: Person, scout: Agent, route: WebhookRoute) -> None:
        ended(route, "died")
        ended(make_route(scout, "other"), "unfit")
        page = browse(vera).page(LIST, {"route": str(route.id)})
        assert ("died" in page, "unfit" in page) == (True, False)


class TestDetail:
    @pytest.mark.parametrize("cause", list(Cause))
    def test_it_says_whose_matter_it_is(self, browse: Browse, vera: Person, route: WebhookRoute, cause: Cause) -> None:
        page = browse(vera).page(address_of(ended(route, cause=cause, detail="It is so.")))
        assert "It is so." in page

    def test_each_attempt_says_what_became_of_it(
        self, browse: Browse, vera: Person, acme: Tenant, route: WebhookRoute
    ) -> None:
        run = ended(route, status=QueueStatus.SUCCEEDED, cause="", code="", target="agent")
        said = {"tenant": acme, "run": run, "started_at": run.created_at, "finished_at": run.created_at}
        with within(acme.id):
            WebhookAttempt.objects.create(**said, number=1, code="failed_by_agent", detail="Not on a Sunday.")
            WebhookAttempt.objects.create(**said, number=2, response="Booked.")
        page = browse(vera).page(address_of(run))
        assert "Not on a Sunday." in page
        assert "Booked." in page

    def test_one_that_waits_says_until_when(
        self, browse: Browse, vera: Person, route: WebhookRoute, event: WebhookEvent
    ) -> None:
        page = browse(vera).page(address_of(run_on(route, event)))
        assert "Next attempt" in page
        assert "It waits for a worker." in page

    def test_one_that_waits_behind_another_says_so(
        self, browse: Browse, vera: Person, route: WebhookRoute, event: WebhookEvent
    ) -> None:
        run = run_on(route, event)
        with within(run.tenant_id):
            WebhookRun.objects.filter(id=run.id).update(due_at=None)
        page = browse(vera).page(address_of(run))
        assert "after an earlier event of the same key" in page
        assert "data-refresh-seconds" not in page
        assert "It waits for an earlier event of the same key." in browse(vera).page(address_of(event))


class TestRedriving:
    def test_it_is_tried_again(self, browse: Browse, bob: Person, route: WebhookRoute) -> None:
        run = ended(route)
        assert "It is tried again." in browse(bob).done(address_of(run, "redrive"), {"key": "once"})
        assert status_of(run) == QueueStatus.WAITING

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"code": "outcome_unknown"}, "is not known"),
            ({"cause": Cause.SENDER}, "it will fail in the same way"),
            ({}, "on its route as it stands now"),
        ],
    )
    def test_it_says_what_to_look_at_before(
        self, browse: Browse, bob: Person, route: WebhookRoute, facts: dict[str, Any], said: str
    ) -> None:
        assert said in browse(bob).page(address_of(ended(route, **facts), "redrive"))

    def test_a_reader_may_not(self, browse: Browse, vera: Person, route: WebhookRoute) -> None:
        run = ended(route)
        assert browse(vera).post(address_of(run, "redrive")).status_code == 403
        assert browse(vera).post(f"{LIST}redrive/", {"cause": "tool"}).status_code == 403
        assert status_of(run) == QueueStatus.DEAD

    def test_many_are_counted_first_and_then_redriven(self, browse: Browse, bob: Person, route: WebhookRoute) -> None:
        ours, sent = ended(route, "ours", cause=Cause.OURS), ended(route, "sent", cause=Cause.SENDER)
        visitor, asked = browse(bob), {"cause": "ours", "route": str(route.id), "time": "hour"}
        page = visitor.page(f"{LIST}redrive/", asked)
        assert '<strong class="qm-number">1</strong> dead letter fits.' in page
        assert status_of(ours) == QueueStatus.DEAD
        assert "Tried again: 1 dead letter." in visitor.done(f"{LIST}redrive/", {**asked, "key": "once"})
        assert (status_of(ours), status_of(sent)) == (QueueStatus.WAITING, QueueStatus.DEAD)

    def test_what_is_over_before_then_is_left_alone(self, browse: Browse, bob: Person, route: WebhookRoute) -> None:
        run = ended(route)
        page = browse(bob).page(f"{LIST}redrive/", {"until": "2026-01-01T00:00"})
        assert '<strong class="qm-number">0</strong> dead letters fit.' in page
        assert status_of(run) == QueueStatus.DEAD


class TestCancelling:
    def test_it_is_called_off(self, browse: Browse, bob: Person, route: WebhookRoute, event: WebhookEvent) -> None:
        run = run_on(route, event)
        assert "It is cancelled." in browse(bob).done(address_of(run, "cancel"))
        assert status_of(run) == QueueStatus.CANCELLED

    def test_what_has_ended_is_not(self, browse: Browse, bob: Person, route: WebhookRoute) -> None:
        run = ended(route, status=QueueStatus.SUCCEEDED)
        assert "has ended already" in browse(bob).refused(address_of(run, "cancel"))
        assert status_of(run) == QueueStatus.SUCCEEDED
