import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.webhooks.sending import BY, events_of, make_source
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.sources import state
from webhooks.sources.state import disable, pause, release_held, resume

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the workers were told."""
    words: list[str] = []
    monkeypatch.setattr(state, "wake_router", lambda: words.append("route"))
    return words


def hold(source: WebhookSource, number: int = 1) -> None:
    now = timezone.now()
    facts = {"tenant_id": source.tenant_id, "source": source, "received_at": now, "method": "POST"}
    with within(source.tenant_id):
        for _ in range(number):
            WebhookEvent.objects.create(**facts, status="accepted", routing="held")


def routings(source: WebhookSource) -> list[str]:
    return [event.routing for event in events_of(source)]


def test_it_routes_what_was_held_when_it_is_resumed(acme: Tenant, told: list[str]) -> None:
    source, other = make_source(acme), make_source(acme, "other")
    with within(acme.id):
        assert pause(source=source, by=BY).state == "paused"
    hold(source, 2)
    hold(other)
    with within(acme.id):
        assert resume(source=source, by=BY).state == "active"
    assert (routings(source), routings(other)) == (["waiting", "waiting"], ["held"])
    assert told == ["route"]


def test_it_holds_on_while_it_is_disabled(acme: Tenant) -> None:
    source = make_source(acme)
    hold(source)
    with within(acme.id):
        assert disable(source=source, by=BY).state == "disabled"
        assert disable(source=source, by=BY).state == "disabled"
        assert AuditEntry.objects.filter(action="webhook_source.disabled").count() == 1
    release_held()
    assert routings(source) == ["held"]


def test_it_releases_the_rest_and_the_late_on_schedule(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "MOST_AT_ONCE", 2)
    sources = [make_source(acme), make_source(globex)]
    for source in sources:
        hold(source, 3)
    release_held()
    assert [routings(source) for source in sources] == [["waiting"] * 3] * 2


def test_a_pass_ends_in_time(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "PASS_SECONDS", 0)
    source = make_source(acme)
    hold(source)
    release_held()
    assert routings(source) == ["held"]


def test_it_is_not_for_everybody(acme: Tenant, scout_caller: Caller) -> None:
    source = make_source(acme)
    for verb in (pause, resume, disable):
        with within(acme.id), pytest.raises(Forbidden):
            verb(source=source, by=scout_caller)
    with within(acme.id):
        assert WebhookSource.objects.get().state == "active"
