"""Events: every sealed entry is told at least once, in order, to whoever was subscribed when it was sealed."""

from collections.abc import Sequence
from uuid import UUID

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts import events
from accounts.audit import record
from accounts.events import Event, lagging, subscribe, tell_batch
from accounts.models import AuditEntry, EventPosition, Tenant
from accounts.tenancy import current_scope, within
from tests.accounts.trails import seal_all, write

pytestmark = pytest.mark.django_db


class Listener:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[tuple[UUID | None, list[str]]] = []
        self.failing = False

    def __call__(self, tenant_id: UUID | None, told: Sequence[Event]) -> None:
        if self.failing:
            raise ConnectionError("The other side is away.")
        assert current_scope().tenant_id == tenant_id
        self.heard.append((tenant_id, [f"{event.sequence} {event.action}" for event in told]))


@pytest.fixture
def listener() -> Listener:
    listener = Listener()
    subscribe("listener", listener)
    return listener


def position(tenant: Tenant, subscriber: str = "listener") -> int:
    with within(tenant.id):
        return EventPosition.objects.get(subscriber=subscriber).sequence


def test_it_tells_what_was_sealed_in_order(acme: Tenant, listener: Listener) -> None:
    write(acme.id, "tool.registered")
    seal_all(acme.id)
    assert lagging() == [(acme.id, "listener")]
    assert tell_batch(acme.id, "listener") is False
    assert listener.heard == [(acme.id, ["1 tenant.created", "2 tool.registered"])]
    assert lagging() == []


def test_it_tells_everything_an_entry_says(acme: Tenant) -> None:
    told: list[Event] = []
    subscribe("listener", lambda tenant_id, events: told.extend(events))
    seal_all(acme.id)
    tell_batch(acme.id, "listener")
    with within(acme.id):
        entry = AuditEntry.objects.get()
    assert told == [
        Event(
            sequence=1,
            at=entry.at,
            actor="system:tests",
            action="tenant.created",
            subject=f"tenant:{acme.id}",
            detail={},
        )
    ]


def test_it_goes_on_from_the_subscribers_position(acme: Tenant, listener: Listener) -> None:
    seal_all(acme.id)
    tell_batch(acme.id, "listener")
    write(acme.id, "tool.changed")
    seal_all(acme.id)
    tell_batch(acme.id, "listener")
    assert listener.heard[1:] == [(acme.id, ["2 tool.changed"])]


def test_it_tells_only_the_actions_asked_for(acme: Tenant) -> None:
    listener = Listener()
    subscribe("listener", listener, actions=["tool.changed"])
    write(acme.id, "tool.registered", "tool.changed", "tool.retired")
    seal_all(acme.id)
    tell_batch(acme.id, "listener")
    assert listener.heard == [(acme.id, ["3 tool.changed"])]
    assert position(acme) == 4


def test_it_passes_over_what_nobody_asked_for(acme: Tenant) -> None:
    listener = Listener()
    subscribe("listener", listener, actions=[])
    seal_all(acme.id)
    tell_batch(acme.id, "listener")
    assert listener.heard == []
    assert position(acme) == 1


def test_it_tells_in_batches(acme: Tenant, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BATCH", 2)
    write(acme.id, "tool.registered", "tool.changed")
    seal_all(acme.id)
    assert tell_batch(acme.id, "listener") is True
    assert position(acme) == 2
    assert tell_batch(acme.id, "listener") is False
    assert listener.heard[1:] == [(acme.id, ["3 tool.changed"])]


def test_it_tells_the_platforms_own_events(listener: Listener) -> None:
    write(None, "tool.registered")
    seal_all(None)
    assert lagging() == [(None, "listener")]
    tell_batch(None, "listener")
    assert listener.heard == [(None, ["1 tool.registered"])]


def test_it_keeps_a_place_for_each_tenant(acme: Tenant, globex: Tenant, listener: Listener) -> None:
    seal_all(acme.id)
    seal_all(globex.id)
    tell_batch(acme.id, "listener")
    assert listener.heard == [(acme.id, ["1 tenant.created"])]
    assert lagging() == [(globex.id, "listener")]


def test_it_spares_a_new_subscriber_what_was_sealed_before(acme: Tenant) -> None:
    seal_all(acme.id)
    late = Listener()
    subscribe("late", late)
    write(acme.id, "tool.changed")
    seal_all(acme.id)
    tell_batch(acme.id, "late")
    assert late.heard == [(acme.id, ["2 tool.changed"])]


def test_it_tells_again_after_a_failure(acme: Tenant, listener: Listener) -> None:
    seal_all(acme.id)
    listener.failing = True
    with pytest.raises(ConnectionError):
        tell_batch(acme.id, "listener")
    assert position(acme) == 0
    listener.failing = False
    tell_batch(acme.id, "listener")
    assert listener.heard == [(acme.id, ["1 tenant.created"])]


def test_it_undoes_what_a_failing_handler_wrote(acme: Tenant) -> None:
    def write_and_fail(tenant_id: UUID | None, told: Sequence[Event]) -> None:
        record(tenant_id=tenant_id, actor="system:tests", action="delivery.made", subject="delivery:1")
        raise ConnectionError

    subscribe("listener", write_and_fail)
    seal_all(acme.id)
    with pytest.raises(ConnectionError):
        tell_batch(acme.id, "listener")
    with within(acme.id):
        assert not AuditEntry.objects.filter(action="delivery.made").exists()


def test_it_refuses_two_subscribers_of_one_name(listener: Listener) -> None:
    with pytest.raises(ImproperlyConfigured, match="two subscribers `listener`"):
        subscribe("listener", Listener())


def test_it_knows_no_place_before_the_first_seal(acme: Tenant, listener: Listener) -> None:
    assert tell_batch(acme.id, "listener") is False
    assert listener.heard == []


@pytest.mark.django_db(transaction=True)
def test_it_leaves_a_subscriber_to_the_process_that_tells_it(
    acme: Tenant, listener: Listener, intruder: psycopg.Connection
) -> None:
    seal_all(acme.id)
    with intruder.transaction():
        intruder.execute("SELECT 1 FROM accounts_eventposition FOR UPDATE")
        assert tell_batch(acme.id, "listener") is False
        assert listener.heard == []
    tell_batch(acme.id, "listener")
    assert listener.heard == [(acme.id, ["1 tenant.created"])]
