from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.events import Event
from accounts.keys import revoke_key
from accounts.models import Agent, ApiKey, AuditEntry, Tenant
from accounts.tenancy import within
from registry.live import frames, pace
from registry.live.changes import send as send_change
from registry.live.feed import tell
from registry.live.socket import Timing
from tests.cast import CASTING
from tests.patience import until
from tests.registry.live.rows import ran, seal
from tests.registry.live.sockets import Socket

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Socket]


def happened(tenant: Tenant, number: int = 1, status: str = "succeeded") -> list[Event]:
    """That many executions, recorded and sealed; their events."""
    now = timezone.now()
    for n in range(number):
        ran(tenant, now + timedelta(milliseconds=n), status)
    seal(tenant)
    with within(tenant.id):
        entries = AuditEntry.objects.filter(tenant=tenant).order_by("-sequence")[:number]
        return [Event(e.sequence or 0, e.at, e.actor, e.action, e.subject, e.detail) for e in reversed(entries)]


def tell_all(tenant: Tenant, number: int = 1) -> list[Event]:
    events = happened(tenant, number)
    tell(tenant.id, events)
    return events


class TestTelling:
    def test_it_begins_with_a_snapshot(self, acme: Tenant, socket: Open) -> None:
        events = happened(acme, 3)
        first = socket().hear()
        assert (first["type"], first["position"]) == ("snapshot", events[-1].sequence)
        assert len(first["executions"]) == 3
        assert first["counters"]["today"]["total"] == 3

    def test_it_tells_what_happens_in_one_frame(self, acme: Tenant, socket: Open) -> None:
        opened = socket()
        position = opened.hear()["position"]
        tell_all(acme, 4)
        told = opened.hear()
        assert (told["type"], told["after"], told["upto"], told["count"]) == ("frame", position, position + 4, 4)
        assert len(told["executions"]) == 4

    def test_two_hundred_events_told_at_once_are_one_frame(
        self, acme: Tenant, socket: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pace, "TURN_MS", 600_000)
        opened = socket()
        opened.hear()
        events = happened(acme, 200)
        for event in events:
            tell(acme.id, [event])
        told = opened.hear()
        assert (told["after"], told["upto"], told["count"]) == (events[0].sequence - 1, events[0].sequence, 1)
        assert opened.hears_nothing()

    def test_it_looks_for_what_was_left_out_when_it_has_been_quiet(self, acme: Tenant, socket: Open) -> None:
        opened = socket(timing=Timing(after_frame=0.05, spacing=0))
        opened.hear()
        events = happened(acme, 10)
        tell(acme.id, events[:1])
        tell(acme.id, events[1:])
        told = [opened.hear(), opened.hear()]
        assert [(each["after"], each["upto"]) for each in told] == [
            (events[0].sequence - 1, events[0].sequence),
            (events[0].sequence, events[-1].sequence),
        ]

    def test_it_looks_for_itself_when_redis_has_lost_a_frame(self, acme: Tenant, socket: Open) -> None:
        opened = socket(timing=Timing(quiet=0.05, after_frame=0.05, spacing=0))
        opened.hear()
        events = happened(acme)
        assert opened.hear()["upto"] == events[-1].sequence
        later = tell_all(acme)
        assert opened.hear()["upto"] == later[-1].sequence

    def test_it_reads_what_it_missed_before_a_frame(self, acme: Tenant, socket: Open) -> None:
        opened = socket()
        position = opened.hear()["position"]
        happened(acme, 2)
        events = tell_all(acme)
        told = opened.hear()
        assert (told["after"], told["upto"], told["count"]) == (position, events[-1].sequence, 3)

    def test_it_tells_nothing_twice(self, acme: Tenant, socket: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pace, "TURN_MS", 1)
        opened = socket(timing=Timing(quiet=0.05, after_frame=0.05, spacing=0))
        opened.hear()
        events = happened(acme)
        assert opened.hear()["upto"] == events[-1].sequence
        tell(acme.id, events)
        opened.ping()

    def test_it_leaves_time_between_two_frames(
        self, acme: Tenant, socket: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pace, "TURN_MS", 1)
        opened = socket(timing=Timing(quiet=3600, after_frame=3600, spacing=3600))
        opened.hear()
        tell_all(acme)
        assert opened.hears_nothing()
        opened.ping()

    def test_it_passes_on_that_something_changed(self, acme: Tenant, socket: Open) -> None:
        opened = socket()
        opened.hear()
        until(lambda: send_change(acme.id, "webhooks"))  # Redis has to answer in time, and may be slow
        assert opened.hear() == {"type": "changed", "what": "webhooks"}

    def test_it_says_nothing_to_another_tenant(self, acme: Tenant, socket: Open, spy_key: str) -> None:
        foreign = socket(key=spy_key)
        first = foreign.hear()
        assert (first["executions"], first["counters"]["today"]["total"]) == ([], 0)
        own = socket()
        own.hear()
        tell_all(acme)
        assert own.hear()["count"] == 1
        assert foreign.hears_nothing()


class TestComingBack:
    def test_it_tells_what_was_missed_instead_of_a_snapshot(self, acme: Tenant, socket: Open) -> None:
        events = happened(acme, 5)
        told = socket(query=f"?after={events[1].sequence}").hear()
        assert (told["type"], told["after"], told["upto"]) == ("frame", events[1].sequence, events[-1].sequence)
        assert told["count"] == 3

    def test_it_tells_nothing_when_nothing_was_missed(self, acme: Tenant, socket: Open) -> None:
        position = happened(acme)[-1].sequence
        opened = socket(query=f"?after={position}")
        opened.ping()
        tell_all(acme)
        assert opened.hear()["after"] == position

    def test_it_begins_anew_when_too_much_was_missed(
        self, acme: Tenant, socket: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(frames, "TOO_FAR_BEHIND", 2)
        events = happened(acme, 5)
        told = socket(query=f"?after={events[0].sequence}").hear()
        assert (told["type"], told["position"]) == ("snapshot", events[-1].sequence)

    @pytest.mark.parametrize("query", ["?after=x", "?after=-1", "?after=", "?after=1&after=2", "?after=²", "?since=1"])
    def test_it_refuses_what_is_no_position(
        self, scout_key: str, refused: Callable[..., int | None], query: str
    ) -> None:
        assert refused({"Authorization": f"Bearer {scout_key}"}, query) == 4400

    def test_it_begins_anew_for_a_position_far_ahead(self, socket: Open) -> None:
        assert socket(query=f"?after={10**18}").hear()["type"] == "snapshot"


class TestHearing:
    def test_it_answers_pings(self, socket: Open) -> None:
        opened = socket()
        opened.hear()
        opened.ping()
        opened.ping()

    @pytest.mark.parametrize(
        "text", ["ping", "{", "[]", "null", '{"type": "subscribe"}', '{"type": "ping", "x": 1}', "[" * 900, '"\\ud800"']
    )
    def test_it_ends_with_whoever_says_anything_else(self, socket: Open, text: str) -> None:
        opened = socket()
        opened.hear()
        opened.say(text)
        assert opened.hear_end() == (4400, "malformed_request")

    def test_it_ends_with_whoever_sends_bytes(self, socket: Open) -> None:
        opened = socket()
        opened.hear()
        opened.say(data=b'{"type": "ping"}')
        assert opened.hear_end() == (4400, "malformed_request")

    @pytest.mark.parametrize("said", [{"text": "x" * 1001}, {"data": b"x" * 100_000}])
    def test_it_ends_with_whoever_says_too_much(self, socket: Open, said: dict[str, Any]) -> None:
        opened = socket()
        opened.hear()
        opened.say(**said)
        assert opened.hear_end() == (4413, "too_large")


class TestStaying:
    """Whoever may not be here any more is shown out."""

    HASTY = Timing(recheck=0.02, quiet=3600, after_frame=3600, spacing=0)

    def test_it_stays_open_while_the_key_is_good(self, acme: Tenant, socket: Open) -> None:
        opened = socket(timing=self.HASTY)
        opened.hear()
        assert opened.hears_nothing()
        tell_all(acme)
        assert opened.hear()["count"] == 1

    def test_it_ends_when_the_key_is_revoked(self, acme: Tenant, scout: Agent, socket: Open) -> None:
        opened = socket(timing=self.HASTY)
        opened.hear()
        with within(acme.id):
            revoke_key(key=ApiKey.objects.get(agent=scout), by=CASTING)
        assert opened.hear_end() == (4401, "key_revoked")

    def test_it_ends_when_the_agent_is_disabled(self, acme: Tenant, scout: Agent, socket: Open) -> None:
        opened = socket(timing=self.HASTY)
        opened.hear()
        with within(acme.id):
            Agent.objects.filter(id=scout.id).update(enabled=False)
        assert opened.hear_end() == (4401, "unauthenticated")
