"""An event's document, and the request as it is shown: nothing of the address, a signature or a secret is in it."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from tests.webhooks import sending
from tests.webhooks.rows import JSON, make_event, make_source
from webhooks.errors import EventEmptied
from webhooks.events.document import Document, document_of
from webhooks.events.find import find_event
from webhooks.events.look import Shown, look_at
from webhooks.events.raw import open_raw
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def document(event: WebhookEvent) -> Document:
    with within(event.tenant_id):
        found = find_event(event.id)
        return document_of(found, open_raw(found))


def shown(event: WebhookEvent) -> Shown:
    with within(event.tenant_id):
        found = look_at(find_event(event.id))
        assert found is not None
        return found


def test_it_holds_what_routes_look_at(acme: Tenant) -> None:
    event = make_event(
        make_source(acme),
        {"id": 7},
        headers=(*JSON, ("X-Forwarded-For", "198.51.100.7"), ("x-forwarded-for", "198.51.100.8")),
        url="https://registry.example/hooks/whk_1/?tag=a&tag=b&mode=",
    )
    told = document(event).plain
    assert told["received_at"][:10] == event.received_at.isoformat()[:10]
    assert {**told, "received_at": ""} == {
        "source": "billing",
        "type": "invoice.paid",
        "id": "evt_1",
        "event": str(event.id),
        "headers": {"content-type": "application/json", "x-forwarded-for": "198.51.100.7, 198.51.100.8"},
        "query": {"tag": ["a", "b"], "mode": ""},
        "body": {"id": 7},
        "received_at": "",
        "origin": "sender",
        "replay": False,
    }


def test_signatures_and_tokens_are_masked_in_what_may_be_stored_of_it(acme: Tenant) -> None:
    source = make_source(acme, scheme="generic-token", settings={"header": "X-Shared"})
    headers = (*JSON, ("X-Shared", "s3cret"), ("X-Hub-Signature", "sha1=1"), ("X-Api-Key", "k"), ("X-Shop", "acme"))
    told = document(make_event(source, headers=headers, url="https://registry.example/?hmac=1&page=2")).masked
    assert told["headers"] == {
        "content-type": "application/json",
        "x-shared": "[redacted:signature]",
        "x-hub-signature": "[redacted:signature]",
        "x-api-key": "[redacted:field]",
        "x-shop": "acme",
    }
    assert told["query"] == {"hmac": "[redacted:signature]", "page": "2"}


@pytest.mark.parametrize("facts", [{"scheme": "gone"}, {"scheme": "generic-hmac", "settings": {"hash": "md0"}}])
def test_it_gets_by_without_a_scheme(acme: Tenant, facts: dict[str, Any]) -> None:
    event = make_event(make_source(acme, **facts), headers=(*JSON, ("X-Signature", "1")))
    assert document(event).masked["headers"]["x-signature"] == "[redacted:signature]"


def test_a_token_that_stands_in_the_body_is_masked(acme: Tenant) -> None:
    source = make_source(acme, scheme="microsoft-graph")
    event = make_event(source, {"value": [{"id": "n-1", "clientState": "s3cret"}]})
    assert document(event).masked["body"] == {"value": [{"id": "n-1", "clientState": "[redacted:field]"}]}
    assert "s3cret" not in str(shown(event))


@pytest.mark.parametrize(
    ("scheme", "header"), [("gitlab", "X-Gitlab-Token"), ("basic", "Authorization"), ("generic-token", "X-Shared")]
)
def test_routes_never_see_a_token_that_is_the_secret_itself(scheme: str, header: str, acme: Tenant) -> None:
    settings = {"header": "X-Shared"} if scheme == "generic-token" else {}
    source = make_source(acme, scheme=scheme, settings=settings)
    event = make_event(source, {"clientState": "mine"}, headers=(*JSON, (header, "s3cret"), ("X-Design", "oak")))
    told = document(event).plain
    assert (told["headers"][header.lower()], told["headers"]["x-design"]) == ("[redacted:signature]", "oak")
    assert told["body"] == {"clientState": "mine"}
    graph = make_event(make_source(acme, "graph", scheme="microsoft-graph"), {"value": [{"clientState": "s3cret"}]})
    assert "s3cret" not in str(document(graph).plain)


def test_a_request_is_shown_masked(acme: Tenant) -> None:
    headers = (
        *JSON,
        ("Stripe-Signature", "t=1,v1=5257a869"),
        ("Cookie", "session=abcdefghijkl"),
        ("X-Original-URI", "/hooks/whk_secret/?a=1"),
    )
    body = {"email": "ada@acme.example", "password": "p", "name": "Zoë"}
    request = shown(make_event(make_source(acme), body, headers=headers)).request
    assert request.method == "POST"
    assert request.url == "https://registry.example/hooks/[redacted:token]/?attempt=2"
    assert request.headers == (
        ("Content-Type", "application/json"),
        ("Stripe-Signature", "[redacted:signature]"),
        ("Cookie", "[redacted:field]"),
        ("X-Original-URI", "/hooks/[redacted:token]/?a=1"),
    )
    assert request.body is not None
    assert request.body.decode() == '{"email": "[redacted:email]", "password": "[redacted:field]", "name": "Zoë"}'


def test_the_command_shows_no_more(acme: Tenant) -> None:
    headers = (*JSON, ("Stripe-Signature", "t=1,v1=5257a869"))
    command = shown(make_event(make_source(acme), {"password": "p4ss"}, headers=headers)).curl
    assert "[redacted:signature]" in command
    assert not any(secret in command for secret in ("5257a869", "p4ss", "whk_secret"))


@pytest.mark.parametrize(
    ("body", "headers", "written"),
    [
        (b"a=1&a=2&token=t", FORM, b"a=1&a=2&token=[redacted:field]"),
        (b'payload={"id":7}', FORM, b"payload=%7B%22id%22:+7%7D"),
        (b"[1]", FORM, b"[1]"),
        (b"<a>1</a>", (("Content-Type", "text/xml"),), b"<a>1</a>"),
        (b"\x00\x01", (("Content-Type", "image/png"),), None),
        (b"--e--", (("Content-Type", "multipart/form-data; boundary=e"),), None),
        (b"x" * 64_001, (("Content-Type", "text/plain"),), None),
    ],
)
def test_each_kind_of_body_is_written_as_it_came(
    acme: Tenant, body: bytes, headers: Any, written: bytes | None
) -> None:
    event = make_event(make_source(acme), body, headers=headers, url="https://registry.example/hooks/whk_1/")
    request = shown(event).request
    assert (request.body, request.url) == (written, "https://registry.example/hooks/[redacted:token]/")


def test_what_was_removed_is_not_shown(acme: Tenant) -> None:
    event = make_event(make_source(acme))
    with within(acme.id):
        WebhookEvent.objects.update(sealed_head=None, sealed_body=None)
        found = find_event(event.id)
        assert look_at(found) is None
        with pytest.raises(EventEmptied, match="Have it sent again"):
            open_raw(found)


def test_the_sources_own_secrets_are_masked_wherever_they_are_repeated(acme: Tenant) -> None:
    source = sending.make_source(acme, scheme="meta", settings={"verify_token": "mellon-mellon-mellon"})
    told = {"said": [f"signed with {sending.SECRET}", f"at {sending.path_to(source)}", "speak mellon-mellon-mellon"]}
    headers = (*JSON, ("X-Echo", sending.SECRET))
    event = make_event(source, told, headers=headers, url="https://x/?note=mellon-mellon-mellon")
    masked = "[redacted:secret]"
    said = [f"signed with {masked}", f"at /hooks/{masked}/", f"speak {masked}"]
    assert document(event).masked["body"] == {"said": said}
    assert document(event).masked["query"] == {"note": masked}
    assert ("X-Echo", masked) in shown(event).request.headers
    assert document(event).plain["body"] == told
