"""`webhook-events/{id}/replay/` and `webhook-events/replay/`."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.webhooks.rows import make_event, make_source
from webhooks import replay as module
from webhooks.models import WebhookEvent, WebhookRedo, WebhookRoute, WebhookRun, WebhookSource
from webhooks.routing.fill import fill_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def billing(acme: Tenant) -> WebhookSource:
    return make_source(acme)


@pytest.fixture(autouse=True)
def route(acme: Tenant, scout: Agent) -> WebhookRoute:
    with within(acme.id):
        return WebhookRoute.objects.create(tenant=acme, slug="to-crm", agent=scout, tool="crm-find")


def routed(source: WebhookSource, body: Any = None, **facts: Any) -> WebhookEvent:
    return make_event(source, body or {"id": 1}, **{"routing": "routed", **facts})


def runs(tenant: Tenant) -> list[WebhookRun]:
    with within(tenant.id):
        return list(WebhookRun.objects.order_by("id").select_related("event__source", "event__tenant", "route"))


def test_it_routes_an_event_again_by_the_routes_as_they_stand(api: Api, acme: Tenant, billing: WebhookSource) -> None:
    matches = [{"route": str(new_id()), "slug": "gone", "matched": True, "reason": "It takes every event."}]
    event = routed(billing, matches=matches, verdict={"valid": True})
    answer = api.post(f"webhook-events/{event.id}/replay/")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["events"], told["runs"], told["skipped"]) == (1, 1, 0)
    assert [(each["slug"], each["matched"]) for each in told["matches"]] == [("to-crm", True)]
    [run] = runs(acme)
    assert (run.event_id, str(run.replay_id), run.status) == (event.id, told["id"], "waiting")
    with within(acme.id):
        assert fill_run(run).input == {"id": 1}
        kept = WebhookEvent.objects.get()
        assert (kept.matches, kept.verdict, kept.routing) == (matches, {"valid": True}, "routed")
        entry = AuditEntry.objects.get(action="webhook_event.replayed")
        assert (entry.subject, entry.detail) == (
            f"webhook_event:{event.id}",
            {"redo": told["id"], "events": 1, "runs": 1},
        )


def test_its_runs_say_that_they_are_a_replay(api: Api, acme: Tenant, billing: WebhookSource) -> None:
    with within(acme.id):
        WebhookRoute.objects.update(
            input={"replay": "{{ replay }}"}, conditions=[{"path": "$.replay", "op": "eq", "value": True}]
        )
    api.post(f"webhook-events/{routed(billing).id}/replay/")
    [run] = runs(acme)
    with within(acme.id):
        assert fill_run(run).input == {"replay": True}


def test_each_replay_makes_runs_of_its_own(api: Api, acme: Tenant, billing: WebhookSource) -> None:
    event = routed(billing)
    for _ in range(2):
        assert api.post(f"webhook-events/{event.id}/replay/").json()["runs"] == 1
    assert len({run.replay_id for run in runs(acme)}) == 2


def test_a_key_replays_once(api: Api, acme: Tenant, billing: WebhookSource) -> None:
    first, second = routed(billing), routed(billing)
    told = api.post(f"webhook-events/{first.id}/replay/", idempotency_key="k1").json()
    again = api.post(f"webhook-events/{first.id}/replay/", idempotency_key="k1").json()
    assert again == told | {"matches": []}
    with within(acme.id):
        WebhookEvent.objects.update(emptied_at=timezone.now())
    assert api.post(f"webhook-events/{first.id}/replay/", idempotency_key="k1").json() == again
    other = api.post(f"webhook-events/{second.id}/replay/", idempotency_key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert len(runs(acme)) == 1


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "rejected", "reason": "signature_mismatch", "routing": ""}, "It was refused when it came"),
        ({"status": "duplicate", "routing": ""}, "It is a duplicate."),
        ({"status": "challenge", "routing": ""}, "It is a handshake"),
        ({"routing": "held"}, "Its source is paused."),
        ({"routing": "waiting"}, "It waits to be routed for the first time."),
        ({"emptied_at": "2030-01-01T00:00:00Z"}, "What came with it was removed"),
    ],
)
def test_it_refuses_what_never_was_to_be_acted_on(
    api: Api, acme: Tenant, billing: WebhookSource, facts: dict[str, Any], said: str
) -> None:
    event = routed(billing, **facts)
    answer = api.post(f"webhook-events/{event.id}/replay/")
    assert (answer.status_code, answer.json()["detail"][: len(said)]) == (409, said)
    many = api.post("webhook-events/replay/", {"ids": [str(routed(billing).id), str(event.id)]})
    [fault] = many.json()["errors"]
    assert (fault["path"], fault["message"][: len(said)]) == ("$.ids[1]", said)
    assert runs(acme) == []
    with within(acme.id):
        assert not WebhookRedo.objects.exists()


class TestMany:
    def test_by_their_ids(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        first, second, _ = (routed(billing) for _ in range(3))
        told = api.post("webhook-events/replay/", {"ids": [str(second.id), str(first.id)]}).json()
        assert (told["events"], told["runs"]) == (2, 2)
        assert [run.event_id for run in runs(acme)] == [first.id, second.id]

    def test_by_a_filter(self, api: Api, acme: Tenant, billing: WebhookSource) -> None:
        event = routed(billing, event_type="invoice.void")
        routed(billing)
        make_event(billing, status="duplicate", routing="", event_type="invoice.void")
        asked = {"filter": {"type": "invoice.void", "source": "billing"}}
        dry = api.post("webhook-events/replay/", {**asked, "dry_run": True}).json()
        assert dry == {"id": None, "events": 1, "skipped": 1, "runs": 0}
        assert runs(acme) == []
        told = api.post("webhook-events/replay/", asked, idempotency_key="k1").json()
        assert (told["events"], told["skipped"], told["runs"]) == (1, 1, 1)
        again = api.post("webhook-events/replay/", asked, idempotency_key="k1").json()
        assert again == told | {"skipped": 0}
        [run] = runs(acme)
        assert run.event_id == event.id
        with within(acme.id):
            redo = WebhookRedo.objects.get()
            assert (redo.kind, redo.asked, redo.count) == ("replay", asked, 1)

    def test_none_may_be_found(self, api: Api, acme: Tenant) -> None:
        told = api.post("webhook-events/replay/", {"filter": {"type": "nothing"}}).json()
        assert (told["events"], told["runs"]) == (0, 0)

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, "$.ids"),
            ({"ids": [str(new_id())], "filter": {}}, "$.ids"),
            ({"ids": []}, "$.ids"),
            ({"ids": ["5"]}, "$.ids[0]"),
            ({"ids": ["00000000-0000-7000-8000-000000000000"]}, "$.ids[0]"),
            ({"filter": {"status": "rejected"}}, "$.filter.status"),
            ({"filter": {"routing": "lost"}}, "$.filter.routing"),
            ({"filter": {"since": "yesterday"}}, "$.filter.since"),
            ({"filter": {}, "dry": True}, "$.dry"),
        ],
    )
    def test_it_says_what_is_wrong(self, api: Api, billing: WebhookSource, body: Any, path: str) -> None:
        answer = api.post("webhook-events/replay/", body)
        assert answer.status_code == 422
        assert path in [fault["path"] for fault in answer.json()["errors"]]

    @pytest.mark.parametrize(("bound", "said"), [("MOST_AT_ONCE", "more than 1 events"), ("MOST_BYTES", "bodies")])
    def test_it_refuses_too_much_at_once(
        self, api: Api, acme: Tenant, billing: WebhookSource, monkeypatch: pytest.MonkeyPatch, bound: str, said: str
    ) -> None:
        events = [routed(billing), routed(billing)]
        monkeypatch.setattr(module, bound, 1)
        asked_for: list[dict[str, Any]] = [{"filter": {}}, {"ids": [str(event.id) for event in events]}]
        for asked in asked_for:
            [fault] = api.post("webhook-events/replay/", asked).json()["errors"]
            assert said in fault["message"]
        assert runs(acme) == []


def test_it_is_for_who_may_call_tools(api: Api, acme: Tenant, billing: WebhookSource) -> None:
    viewer = api.as_(make_key(make_agent(acme, "looker", Role.VIEWER)))
    event = routed(billing)
    assert viewer.post(f"webhook-events/{event.id}/replay/").status_code == 403
    assert viewer.post("webhook-events/replay/", {"ids": [str(event.id)]}).status_code == 403
    assert runs(acme) == []


def test_another_tenants_events_are_not_replayed(spy_api: Api, acme: Tenant, billing: WebhookSource) -> None:
    event = routed(billing)
    assert spy_api.post(f"webhook-events/{event.id}/replay/").status_code == 404
    assert spy_api.post("webhook-events/replay/", {"ids": [str(event.id)]}).status_code == 422
    assert spy_api.post("webhook-events/replay/", {"filter": {}}).json()["events"] == 0
    assert runs(acme) == []
