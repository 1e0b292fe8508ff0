from dataclasses import replace
from typing import Any

import pytest

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, NotFound
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.corridor import Loop
from tests.webhooks.sending import BY, SECRET, events_of, make_source, path_to, post, signed
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.sources.change import change_source
from webhooks.sources.remove import remove_source
from webhooks.sources.test_event import sample_named, send_test

pytestmark = pytest.mark.django_db(transaction=True)


def sent(source: WebhookSource, **more: Any) -> WebhookEvent:
    return send_test(source=source, sample=sample_named(source.scheme, ""), by=more.get("by", BY))


def test_it_comes_in_by_the_door_signed_with_the_sources_secret(acme: Tenant) -> None:
    event = sent(make_source(acme, allowed_networks=["192.0.2.0/24"]))
    assert (event.status, event.origin, event.routing) == ("accepted", "test", "waiting")
    assert (event.verdict["valid"], event.verdict["reason"]) == (True, "")
    with within(acme.id):
        assert AuditEntry.objects.get(action="webhook_source.tested").detail == {"event": str(event.id)}


def test_it_stands_in_the_way_of_nothing_that_the_platform_sends(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme)
    tested = [sent(source) for _ in range(2)]
    sample = sample_named("github", "")
    headers = signed(sample.body, event_id=sample.id or "")
    assert corridor_loop.run(post(path_to(source), sample.body, headers)).status == 200
    assert [event.status for event in events_of(source)] == ["accepted"] * 3
    assert {event.external_id for event in tested} == {sample.id}


def test_it_says_where_only_the_provider_could_sign(acme: Tenant) -> None:
    event = sent(make_source(acme, scheme="discord", secret="ab" * 32))
    assert (event.status, event.verdict["valid"], event.verdict["reason"]) == ("accepted", True, "sent_here")


def test_it_signs_nothing_for_what_is_unsigned(acme: Tenant) -> None:
    event = sent(make_source(acme, scheme="unsigned", unsigned=True))
    assert (event.status, event.verdict["reason"]) == ("accepted", "unsigned")


def test_it_needs_a_secret_that_is_one(acme: Tenant) -> None:
    source = make_source(acme, secret="")
    with pytest.raises(Conflict, match="no secret yet"):
        sent(source)
    spoilt = make_source(acme, "spoilt")
    with within(acme.id):
        spoilt = change_source(source=spoilt, by=BY, changes={"scheme": "standard-webhooks"})
    with pytest.raises(Conflict, match="cannot be signed"):
        sent(spoilt)
    assert events_of(source) == events_of(spoilt) == []


def test_it_finds_neither_what_is_removed_nor_a_sample_that_is_none(acme: Tenant) -> None:
    source = make_source(acme)
    with pytest.raises(NotFound):
        sample_named("github", "no such sample")
    with within(acme.id):
        remove_source(source=source, by=BY)
    with pytest.raises(NotFound):
        sent(source)


def test_it_is_not_for_who_may_not_call_tools(acme: Tenant, scout_caller: Caller) -> None:
    source = make_source(acme, secret=SECRET)
    with pytest.raises(Forbidden):
        sent(source, by=replace(scout_caller, role=Role.VIEWER))
    assert sent(source, by=scout_caller).status == "accepted"
