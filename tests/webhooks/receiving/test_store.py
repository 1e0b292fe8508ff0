import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from tests.corridor import Loop
from tests.webhooks.sending import SECRET, Told, events_of, make_source, path_to, post, signed
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.receiving import store
from webhooks.receiving.flood import counting_copy
from webhooks.signatures.samples import samples_of
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.sign import sign

pytestmark = pytest.mark.django_db(transaction=True)

BODY = b'{"action": "opened"}'


def statuses(source: WebhookSource) -> Counter[str]:
    return Counter(event.status for event in events_of(source))


def copies(path: str, number: int, body: bytes = BODY) -> Any:
    async def send() -> list[Told]:
        return await asyncio.gather(*(post(path, body, signed(body, event_id="d-1")) for _ in range(number)))

    return send()


def test_it_makes_one_event_of_a_hundred_copies_at_once(acme: Tenant, corridor_loop: Loop, own_loop: Loop) -> None:
    """As two web processes get them."""
    source = make_source(acme)
    path = path_to(source)
    sending = [loop.start(copies(path, 50)) for loop in (corridor_loop, own_loop)]
    told = [answer for each in sending for answer in each.result(30)]
    (accepted,) = [event for event in events_of(source) if event.status == "accepted"]
    assert {(answer.status, answer.json["id"]) for answer in told} == {(200, str(accepted.id))}
    assert statuses(source) == {"accepted": 1, "duplicate": 99}
    assert {event.duplicate_of for event in events_of(source)} == {None, accepted.id}
    assert [event.routing for event in events_of(source)].count("waiting") == 1


def test_each_process_has_turns_of_its_own(acme: Tenant, globex: Tenant, corridor_loop: Loop, own_loop: Loop) -> None:
    """While several tenants send, requests wait for each other, and are called by their own process alone."""
    source, other = make_source(acme), make_source(globex)
    for loop in (corridor_loop, own_loop):
        loop.run(copies(path_to(other), 1))
    sending = [loop.start(copies(path_to(source), 20)) for loop in (corridor_loop, own_loop)]
    assert {answer.status for each in sending for answer in each.result(30)} == {200}
    assert statuses(source) == {"accepted": 1, "duplicate": 39}


def test_it_only_counts_the_copies_of_one_event_that_come_for_ever(
    acme: Tenant, corridor_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_COPIES", 2)
    monkeypatch.setattr(store, "counting_copy", lambda event: counting_copy(at_noon(event)))
    source = make_source(acme)
    told = [corridor_loop.run(copies(path_to(source), 1))[0].status for _ in range(6)]
    assert told == [200] * 6
    kept = [(event.status, event.sealed_body is None, event.count) for event in events_of(source)]
    copied = [("duplicate", False, 1)] * 2
    assert sorted(kept) == [("accepted", False, 1), *copied, ("duplicate", True, 3)]


def at_noon(event: WebhookEvent) -> WebhookEvent:
    """Whenever the test runs, one minute."""
    event.received_at = event.received_at.replace(hour=12, minute=0)
    return event


def test_it_keeps_the_same_id_of_two_sources_apart(acme: Tenant, globex: Tenant, corridor_loop: Loop) -> None:
    for source in (make_source(acme, "one"), make_source(acme, "two"), make_source(globex, "one")):
        corridor_loop.run(copies(path_to(source), 1))
        assert statuses(source) == {"accepted": 1}


def mailed(token: str, body: bytes, source: WebhookSource) -> WebhookEvent:
    """An event whose signature covers nothing but a token."""
    return WebhookEvent(
        tenant_id=source.tenant_id,
        source_id=source.id,
        received_at=timezone.now(),
        status="accepted",
        method="POST",
        routing="waiting",
        dedup_key=body,
        once_key=token.encode(),
    )


def test_it_takes_what_may_be_used_once_only_once(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme)
    first, again, forged, other = (
        corridor_loop.run(store.store(mailed(token, body, source)))
        for token, body in (("t-1", b"one"), ("t-1", b"one"), ("t-1", b"two"), ("t-2", b"two"))
    )
    assert [each.status for each in (first, again, forged, other)] == ["accepted", "duplicate", "rejected", "accepted"]
    assert (forged.reason, forged.routing, forged.duplicate_of) == ("replayed_once_key", "", first.id)


def test_it_believes_nobody_who_repeats_a_signature_with_another_body(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme, scheme="mailgun")
    scheme, sample = scheme_named("mailgun"), samples_of("mailgun")[0]
    assert scheme is not None
    now = timezone.now()
    request = sign(scheme, sample.request("https://hooks.example", now), SECRET, {}, now=now)
    assert request is not None
    forged = request.body.replace(b"delivered", b"complained").replace((sample.id or "").encode(), b"another")
    told = [
        corridor_loop.run(post(path_to(source), body, request.headers)) for body in (request.body, request.body, forged)
    ]
    assert [answer.status for answer in told] == [200, 200, 401]
    assert [event.status for event in events_of(source)] == ["accepted", "duplicate", "rejected"]
    assert events_of(source)[-1].reason == "replayed_once_key"


def test_it_writes_a_large_event_by_itself(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme)
    body = b"x" * 100_000
    assert [corridor_loop.run(post(path_to(source), body, signed(body))).status for _ in range(2)] == [200, 200]
    assert statuses(source) == {"accepted": 1, "duplicate": 1}


def test_it_takes_an_event_again_whose_like_has_just_gone(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source(acme)
    standing, event = mailed("t-1", b"one", source), mailed("t-1", b"one", source)
    with within(acme.id):
        standing.save(force_insert=True)
    look = store._one_before

    def just_gone(event: WebhookEvent) -> Any:
        with within(acme.id):
            WebhookEvent.objects.filter(id=standing.id).delete()
        return look(event)

    monkeypatch.setattr(store, "_one_before", just_gone)
    assert store._store_all([event]) == [event]
    assert [each.id for each in events_of(source)] == [event.id]


def test_it_gives_up_on_events_that_come_and_go(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_source(acme)
    with within(acme.id):
        mailed("t-1", b"one", source).save(force_insert=True)
    monkeypatch.setattr(store, "_one_before", lambda event: None)
    (error,) = store._store_all([mailed("t-1", b"one", source)])
    assert isinstance(error, IntegrityError)


def test_it_says_what_keeps_an_event_from_being_stored(
    acme: Tenant, corridor_loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(acme)
    monkeypatch.setattr(store, "insert_unless_there", lambda rows: [OperationalError("away") for _ in rows])
    with pytest.raises(OperationalError):
        corridor_loop.run(store.store(mailed("t-1", b"one", source)))
    told = corridor_loop.run(post(path_to(source), BODY, signed(BODY)))
    assert (told.status, told.json["code"]) == (503, "unavailable")
    assert events_of(source) == []


def test_it_notes_once_a_minute_that_something_came(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme)
    noted = []
    for _ in range(2):
        corridor_loop.run(copies(path_to(source), 1))
        with within(acme.id):
            noted.append(WebhookSource.objects.get(id=source.id).last_event_at)
    assert noted[0] == noted[1] == events_of(source)[0].received_at
    with within(acme.id):
        WebhookSource.objects.filter(id=source.id).update(last_event_at=timezone.now() - timedelta(minutes=2))
    corridor_loop.run(copies(path_to(source), 1))
    with within(acme.id):
        assert WebhookSource.objects.get(id=source.id).last_event_at == events_of(source)[-1].received_at
