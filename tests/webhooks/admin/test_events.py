"""The inspector: what came, why it was refused, what it caused, and having it done again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of, text_of
from tests.webhooks.queue.rows import make_route
from tests.webhooks.rows import PAID, make_event, make_source
from tests.webhooks.runs.making import run_on
from tests.webhooks.sending import SECRET, signed
from tests.webhooks.sending import make_source as make_github
from webhooks.admin.raw_page import shown_body
from webhooks.models import WebhookAttempt, WebhookEvent, WebhookRun
from webhooks.models.event import EventStatus, Origin, Routing
from webhooks.models.queued import Cause, QueueStatus

pytestmark = pytest.mark.django_db

LIST = list_of(WebhookEvent)
ROUTED: dict[str, Any] = {"routing": Routing.ROUTED}
REFUSED: dict[str, Any] = {"status": EventStatus.REJECTED, "routing": Routing.NONE, "reason": "signature_mismatch"}


def runs_of(tenant: Tenant) -> list[WebhookRun]:
    with within(tenant.id):
        return list(WebhookRun.objects.all())


class TestList:
    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({}, {"paid", "pushed", "refused"}),
            ({"status": "rejected"}, {"refused"}),
            ({"routing": "unrouted"}, {"pushed"}),
            ({"origin": "test"}, {"pushed"}),
            ({"time": "hour"}, {"pushed", "refused"}),
            ({"q": "id-of-paid"}, {"paid"}),
            ({"q": "push"}, {"pushed"}),
            ({"q": "cus_7"}, {"refused"}),
            ({"q": "nowhere"}, set()),
        ],
    )
    def test_it_is_narrowed(
        self, browse: Browse, vera: Person, acme: Tenant, query: dict[str, str], shown: set[str]
    ) -> None:
        source, then = make_source(acme), first_id_at(timezone.now() - timedelta(days=2))
        paid: dict[str, Any] = {"event_type": "paid", "external_id": "id-of-paid"}
        make_event(source, id=type(then)(int=then.int + (7 << 76) + (2 << 62)), **paid)
        make_event(source, event_type="pushed", external_id="2", routing=Routing.UNROUTED, origin=Origin.TEST)
        make_event(source, event_type="refused", external_id="3", payload=PAID, **REFUSED)
        page = browse(vera).page(LIST, query)
        assert {kind for kind in ("paid", "pushed", "refused") if f'qm-two-first">{kind}' in page} == shown

    def test_it_says_what_became_of_each(self, browse: Browse, vera: Person, acme: Tenant, scout: Agent) -> None:
        source = make_source(acme)
        run = run_on(make_route(scout, "to-crm"), make_event(source, **ROUTED))
        with within(acme.id):
            WebhookRun.objects.filter(id=run.id).update(status=QueueStatus.DEAD)
        make_event(source, count=140, **REFUSED)
        page = browse(vera).page(LIST)
        for shown in ("to-crm", "Dead", "signature_mismatch", "\N{MULTIPLICATION SIGN} 140"):
            assert shown in page

    def test_it_is_narrowed_by_source(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        billing, repo = make_source(acme), make_source(acme, "repo")
        make_event(billing, event_type="paid")
        make_event(repo, event_type="pushed")
        page = browse(vera).page(LIST, {"source": str(repo.id)})
        assert ("pushed" in page, "paid" in page) == (True, False)


class TestDetail:
    def test_it_shows_the_request_masked(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme))
        page = browse(vera).page(address_of(event))
        assert "invoice.paid" in page
        assert "cus_7" in page
        assert "ada@acme.example" not in page
        assert "whk_secret" not in page
        assert "As it came" not in page

    def test_it_says_why_it_was_refused(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        facts: dict[str, Any] = {
            "detail": "The signature fits none of the secrets.",
            "verdict": {"valid": False, "reason": "x"},
        }
        page = browse(vera).page(address_of(make_event(make_source(acme), **REFUSED, **facts)))
        assert "The signature fits none of the secrets." in page
        assert "Not valid" in page
        assert "Replay" not in page

    def test_it_shows_every_run_with_its_attempts(
        self, browse: Browse, vera: Person, acme: Tenant, scout: Agent
    ) -> None:
        event = make_event(make_source(acme), **ROUTED)
        run = run_on(make_route(scout), event)
        now = timezone.now()
        with within(acme.id):
            facts = {"status": QueueStatus.DEAD, "cause": Cause.TOOL, "code": "upstream_error", "detail": "It is away."}
            WebhookRun.objects.filter(id=run.id).update(attempts=2, **facts)
            for number in (1, 2):
                WebhookAttempt.objects.create(
                    tenant=acme, run=run, number=number, started_at=now, finished_at=now, code="upstream_error"
                )
        page = browse(vera).page(address_of(event))
        assert page.count('class="qm-attempt-failed"') == 2
        assert "It is away." in page

    def test_it_says_which_routes_matched_and_why(
        self, browse: Browse, vera: Person, acme: Tenant, scout: Agent
    ) -> None:
        route = make_route(scout)
        match = {"route": str(route.id), "slug": "route", "matched": False, "reason": "It is for another source."}
        event = make_event(make_source(acme), routing=Routing.UNROUTED, matches=[match])
        page = browse(vera).page(address_of(event))
        assert "0 of 1 matched" in page
        assert "It is for another source." in page

    def test_a_duplicate_leads_to_the_first_and_the_first_to_it(
        self, browse: Browse, vera: Person, acme: Tenant
    ) -> None:
        source = make_source(acme)
        first = make_event(source, **ROUTED)
        again = make_event(source, status=EventStatus.DUPLICATE, routing=Routing.NONE, duplicate_of=first.id)
        assert address_of(first) in browse(vera).page(address_of(again))
        assert address_of(again) in browse(vera).page(address_of(first))

    def test_one_that_was_emptied_says_so(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme), payload={"kept": 1}, emptied_at=timezone.now(), **ROUTED)
        with within(acme.id):
            WebhookEvent.objects.filter(id=event.id).update(sealed_head=None, sealed_body=None)
        page = browse(alice).page(address_of(event))
        assert "What came was removed" in page
        assert "kept" in page
        assert "Replay" not in page

    def test_it_is_read_again_while_something_is_under_way(
        self, browse: Browse, vera: Person, acme: Tenant, scout: Agent
    ) -> None:
        waiting = make_event(make_source(acme))
        assert "data-refresh-seconds" in browse(vera).page(address_of(waiting))
        with within(acme.id):
            WebhookEvent.objects.filter(id=waiting.id).update(routing=Routing.UNROUTED)
        assert "data-refresh-seconds" not in browse(vera).page(address_of(waiting))


class TestAsItCame:
    def test_it_compares_the_signature_with_the_right_one(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        body = b'{"zen": "Keep it simple."}'
        event = make_event(make_github(acme), body, headers=tuple(signed(body)))
        page = text_of(browse(alice).post(address_of(event, "raw")))
        assert "Valid, with the source as it is now" in page
        assert page.count('class="qm-signature qm-signature-right"') == 2
        assert "What is signed is the body, byte for byte." in page
        assert SECRET not in page

    def test_it_shows_a_wrong_one_beside_it(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        body = b'{"zen": "Keep it simple."}'
        event = make_event(make_github(acme), body, headers=tuple(signed(body, secret="another")))
        page = text_of(browse(alice).post(address_of(event, "raw")))
        assert "signature_mismatch" in page
        assert page.count('class="qm-signature qm-signature-wrong"') == 1

    def test_it_is_recorded(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme))
        page = text_of(browse(alice).post(address_of(event, "raw")))
        assert "whk_secret" in page
        assert "ada@acme.example" in page
        with within(acme.id):
            entry = AuditEntry.objects.get(action="webhook_event.read_raw")
        assert (entry.subject, entry.actor) == (f"webhook_event:{event.id}", f"person:{alice.id}")

    def test_an_operator_may_not(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme))
        assert browse(bob).post(address_of(event, "raw")).status_code == 403
        with within(acme.id):
            assert not AuditEntry.objects.filter(action="webhook_event.read_raw").exists()


class TestBodies:
    def test_json_is_marked(self) -> None:
        assert 'class="qm-json-key"' in shown_body(b'{"a": 1}')

    def test_a_text_shows_what_nobody_would_see(self) -> None:
        assert r"a\u202eb" in shown_body("a\u202eb".encode())

    def test_a_long_text_is_cut(self) -> None:
        assert "The first 100,000 of 100,001 characters." in shown_body(b"-" * 100_001)

    def test_what_is_no_text_is_shown_as_bytes(self) -> None:
        shown = shown_body(b"\xff\x00PNG")
        assert "000000  ff 00 50 4e 47" in shown
        assert "..PNG" in shown
        assert "5 bytes. It is no text." in shown

    def test_of_many_bytes_the_first_are_shown(self) -> None:
        shown = shown_body(b"\xff" * 5_000)
        assert "5,000 bytes. It is no text; the first 4,096 bytes." in shown

    def test_what_there_is_not_is_said(self) -> None:
        assert "It was not kept." in shown_body(None)
        assert "Empty." in shown_body(b"")


class TestReplaying:
    def test_it_is_routed_again(self, browse: Browse, bob: Person, acme: Tenant, scout: Agent) -> None:
        route = make_route(scout)
        event = make_event(make_source(acme), **ROUTED)
        page = browse(bob).done(address_of(event, "replay"), {"key": "once"})
        assert "1 run began." in page
        (run,) = runs_of(acme)
        assert (run.event_id, run.route_id, run.replay_id is not None) == (event.id, route.id, True)

    def test_what_is_sent_twice_is_done_once(self, browse: Browse, bob: Person, acme: Tenant, scout: Agent) -> None:
        make_route(scout)
        event = make_event(make_source(acme), **ROUTED)
        for _ in range(2):
            browse(bob).done(address_of(event, "replay"), {"key": "once"})
        assert len(runs_of(acme)) == 1

    def test_the_form_has_a_key_of_its_own(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme), **ROUTED)
        page = browse(bob).page(address_of(event, "replay"))
        assert 'type="hidden" name="key" value="' in page

    def test_it_says_that_no_route_matches(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme), **ROUTED)
        assert "no route matched it" in browse(bob).done(address_of(event, "replay"))

    def test_what_was_refused_stays_refused(self, browse: Browse, bob: Person, acme: Tenant, scout: Agent) -> None:
        make_route(scout)
        event = make_event(make_source(acme), **REFUSED)
        assert "and stays so" in browse(bob).refused(address_of(event, "replay"))
        assert runs_of(acme) == []

    def test_a_reader_may_not(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        event = make_event(make_source(acme), **ROUTED)
        assert browse(vera).post(address_of(event, "replay")).status_code == 403
        assert browse(vera).get(f"{LIST}replay/").status_code == 403

    def test_many_are_counted_first_and_then_replayed(
        self, browse: Browse, bob: Person, acme: Tenant, scout: Agent
    ) -> None:
        make_route(scout)
        source = make_source(acme)
        for _ in range(2):
            make_event(source, **ROUTED)
        make_event(source, event_type="pushed", **ROUTED)
        make_event(source, **REFUSED)
        visitor, asked = browse(bob), {"type": "invoice.*", "source": str(source.id), "time": "hour"}
        page = visitor.page(f"{LIST}replay/", asked)
        assert '<strong class="qm-number">2</strong> events fit.' in page
        assert "1 more fit and cannot be replayed" in page
        assert runs_of(acme) == []
        assert "Replayed: 2 events. Runs that began: 2." in visitor.done(f"{LIST}replay/", {**asked, "key": "once"})
        assert len(runs_of(acme)) == 2

    @pytest.mark.parametrize("key", ["\x00", "9" * 400])
    def test_a_key_that_cannot_be_kept_is_refused(
        self, browse: Browse, bob: Person, acme: Tenant, scout: Agent, key: str
    ) -> None:
        make_route(scout)
        make_event(make_source(acme), **ROUTED)
        assert "haracters" in browse(bob).refused(f"{LIST}replay/", {"type": "invoice.*", "key": key})
        assert runs_of(acme) == []

    def test_the_list_leads_there_with_its_filters(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        make_event(make_source(acme), routing=Routing.UNROUTED)
        assert 'href="replay/?routing=unrouted"' in browse(bob).page(LIST, {"routing": "unrouted"})

    def test_what_is_no_time_is_said_and_nothing_is_done(
        self, browse: Browse, bob: Person, acme: Tenant, scout: Agent
    ) -> None:
        make_route(scout)
        make_event(make_source(acme), **ROUTED)
        page = browse(bob).refused(f"{LIST}replay/", {"since": "yesterday"})
        assert 'id="id_since_error"' in page
        assert runs_of(acme) == []
