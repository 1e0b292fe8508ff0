"""What an admin is told of a signature: what was signed, what would be right under each secret, what came."""

import hashlib
import hmac
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import System
from accounts.models import Tenant
from accounts.tenancy import within
from tests.webhooks.rows import JSON, make_event
from webhooks.events.find import find_event
from webhooks.events.inspect_signature import Inspection, inspect_signature
from webhooks.events.raw import open_raw
from webhooks.models import WebhookEvent, WebhookSecret, WebhookSource
from webhooks.sources.create import create_source
from webhooks.sources.secrets import add_secret

pytestmark = pytest.mark.django_db

BY = System("tests")
BODY = b'{"action": "opened"}'
VERDICT = {"scheme": "github", "valid": True, "reason": "", "secret": None, "checked_at": "2030-01-01T00:00:00+00:00"}


@pytest.fixture
def hub(acme: Tenant) -> WebhookSource:
    with within(acme.id):
        source = create_source(tenant_id=acme.id, by=BY, slug="hub", scheme="github", secret="first-secret-of-ours")
        add_secret(source=source, by=BY, secret="second-secret-of-ours")
        return source


def signed(secret: str, body: bytes = BODY) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def came(source: WebhookSource, signature: str, **facts: Any) -> WebhookEvent:
    headers = (*JSON, ("X-Hub-Signature-256", signature))
    return make_event(source, BODY, headers=headers, verdict=VERDICT, **facts)


def inspected(event: WebhookEvent) -> Inspection:
    with within(event.tenant_id):
        found = find_event(event.id)
        return inspect_signature(found, open_raw(found))


def test_it_shows_both_sides(acme: Tenant, hub: WebhookSource) -> None:
    told = inspected(came(hub, signed("first-secret-of-ours")))
    with within(acme.id):
        newest, oldest = WebhookSecret.objects.order_by("-id")
    assert told.at_receipt == VERDICT
    assert told.secrets == (newest.id, oldest.id)
    assert (told.now.valid, told.now.secret_index, told.now.signed) == (True, 1, BODY)
    assert told.now.computed == (signed("second-secret-of-ours"), signed("first-secret-of-ours"))
    assert told.now.received == (signed("first-secret-of-ours"),)


def test_it_shows_what_was_wrong(hub: WebhookSource) -> None:
    told = inspected(came(hub, signed("another-secret"), status="rejected", routing=""))
    assert (told.now.valid, told.now.reason, told.now.received) == (
        False,
        "signature_mismatch",
        (signed("another-secret"),),
    )


def test_a_secret_that_was_retired_by_then_is_not_tried(acme: Tenant, hub: WebhookSource) -> None:
    with within(acme.id):
        WebhookSecret.objects.update(valid_until=timezone.now())
    told = inspected(came(hub, signed("first-secret-of-ours")))
    assert (told.now.reason, told.secrets) == ("no_secret", ())


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"deleted_at": timezone.now()}, "Its source was removed"),
        ({"unsigned": True}, "Its source is declared unsigned"),
        ({"scheme": "gone"}, "There is no scheme `gone` any more."),
    ],
)
def test_it_says_why_nothing_can_be_computed(
    acme: Tenant, hub: WebhookSource, facts: dict[str, Any], said: str
) -> None:
    event = came(hub, signed("first-secret-of-ours"))
    with within(acme.id):
        WebhookSource.objects.update(**facts)
    told = inspected(event)
    assert (told.now.reason, told.now.computed, told.now.detail[: len(said)]) == ("not_verifiable", (), said)


def test_half_a_body_cannot_be_verified(hub: WebhookSource) -> None:
    told = inspected(came(hub, signed("first-secret-of-ours"), body_bytes=100_000))
    assert told.now.detail == "Its body was not kept whole, and so cannot be verified again."
