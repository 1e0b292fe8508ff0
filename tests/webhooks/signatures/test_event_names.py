"""What identifies an event, where a provider has more than one answer."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from webhooks.signatures.event import EventFacts, event_of
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named

NOW = datetime(2026, 11, 20, 9, 14, 28, tzinfo=UTC)
ADDRESS = "https://hooks.acme.example/hooks/1/"


def event(slug: str, body: Any, **headers: str) -> EventFacts:
    scheme = scheme_named(slug)
    assert scheme is not None
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return event_of(scheme, Received("POST", ADDRESS, sent, json.dumps(body).encode(), NOW), {})


def test_an_id_that_a_zendesk_trigger_has_written_is_not_the_events() -> None:
    ticket = {"id": 4021, "type": "question"}
    assert event("zendesk", ticket, X_Zendesk_Webhook_Invocation_Id="01JD") == EventFacts("01JD", "trigger")


def test_an_event_of_zendesks_own_has_an_id() -> None:
    body = {"id": "5b0c", "type": "zen:event-type:ticket.created", "zendesk_event_version": "2022-11-06"}
    assert event("zendesk", body, X_Zendesk_Webhook_Invocation_Id="01JD") == EventFacts("5b0c", body["type"])


@pytest.mark.parametrize(
    ("slug", "body", "header"),
    [
        ("lemon-squeezy", {"meta": {"event_name": "signed"}}, "X_Event_Name"),
        ("circleci", {"type": "signed"}, "Circleci_Event_Type"),
        ("buildkite", {"event": "signed"}, "X_Buildkite_Event"),
    ],
)
def test_a_type_that_is_signed_goes_before_one_that_is_not(slug: str, body: Any, header: str) -> None:
    assert event(slug, body, **{header: "anybody's"}).type == "signed"


def test_gitlab_events_that_another_has_caused_are_events_of_their_own() -> None:
    body = {"object_kind": "push"}
    assert event("gitlab", body, X_Gitlab_Event_UUID="shared by all of them") == EventFacts(None, "push")


@pytest.mark.parametrize(
    ("body", "type"),
    [
        ({"object_kind": "push", "event_name": "push"}, "push"),
        ({"event_name": "project_create"}, "project_create"),
        ({"before": "a system hook of old"}, "System Hook"),
    ],
)
def test_a_gitlab_event_is_called_what_the_body_says(body: dict[str, str], type: str) -> None:  # noqa: A002
    assert event("gitlab", body, X_Gitlab_Event="System Hook").type == type


@pytest.mark.parametrize(
    ("body", "type"),
    [
        ({"type": "Issue", "action": "create"}, "Issue.create"),
        ({"type": "Issue"}, "Issue"),
        ({"action": "create"}, ""),
    ],
)
def test_a_linear_event_is_called_for_the_thing_and_what_happened_to_it(body: dict[str, str], type: str) -> None:  # noqa: A002
    assert event("linear", body, Linear_Delivery="1b0d") == EventFacts("1b0d", type)


def test_a_message_that_comes_in_has_no_record_type_at_postmark() -> None:
    assert event("postmark", {"From": "lena@customer.example"}) == EventFacts(None, "Inbound")
