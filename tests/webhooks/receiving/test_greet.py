import json

import pytest

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.corridor import Loop
from tests.webhooks.receiving.arrivals import a_scheme, a_source, an_arrival
from tests.webhooks.sending import BY, events_of, make_source, path_to, post, signed
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.receiving import greet as step
from webhooks.receiving.greet import greet
from webhooks.signatures.shelf import scheme_named
from webhooks.sources.secrets import keep_delivered, reveal_secret

TOKEN = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"


async def test_it_takes_for_a_handshake_only_what_the_scheme_says() -> None:
    greeting = {"when": {"method": "GET", "query": "challenge"}, "values": {"said": {"query": "challenge"}}}
    scheme = a_scheme(challenges=[{**greeting, "reply": {"text": "{said}"}}])
    source = a_source(scheme=scheme)
    asked = an_arrival(b"", [], method="GET", url="https://hooks.example/x/?challenge=hello", source=source)
    answer = await greet(asked)
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"hello")
    for other in (an_arrival(source=source), an_arrival(), an_arrival(source=a_source(scheme=None))):
        assert await greet(other) is None


def secrets_of(source: WebhookSource) -> list[str]:
    """Those that were delivered, as an admin sees them."""
    with within(source.tenant_id):
        ids = list(WebhookSecret.objects.filter(source=source).values_list("id", flat=True))
        return [reveal_secret(source=source, by=BY, secret_id=id_) for id_ in ids]


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_secret_that_a_handshake_delivers(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme, scheme="notion", secret="")
    path = path_to(source)
    greeting = json.dumps({"verification_token": TOKEN}).encode()
    assert corridor_loop.run(post(path, b"{}", [("x-notion-signature", "sha256=00")])).status == 401
    assert corridor_loop.run(post(path, greeting)).status == 200
    event = events_of(source)[-1]
    assert (event.status, event.routing, event.sealed_body) == ("challenge", "", None)
    assert secrets_of(source) == [TOKEN]
    body = b'{"id": "e-1", "type": "page.created"}'
    signature = dict(signed(body, secret=TOKEN))["x-hub-signature-256"]
    assert corridor_loop.run(post(path, body, [("x-notion-signature", signature)])).status == 200
    with within(acme.id):
        actions = AuditEntry.objects.filter(actor="system:webhooks").values_list("action", flat=True)
        assert list(actions) == ["webhook_secret.added"]


async def test_it_is_none_where_another_handshake_was_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "keep_delivered", lambda **_: False)
    source = a_source(scheme=scheme_named("notion"), secrets=())
    assert await greet(an_arrival(b'{"verification_token": "secret_2"}', [], source=source)) is None


@pytest.mark.django_db(transaction=True)
def test_it_lets_no_second_handshake_take_the_place_of_the_secret(acme: Tenant, corridor_loop: Loop) -> None:
    source = make_source(acme, scheme="notion", secret="")
    assert keep_delivered(tenant_id=acme.id, source_id=source.id, secret=TOKEN)
    told = corridor_loop.run(post(path_to(source), b'{"verification_token": "secret_of_somebody_else"}'))
    assert told.status == 401
    assert secrets_of(source) == [TOKEN]
