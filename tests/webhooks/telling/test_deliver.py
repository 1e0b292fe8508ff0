"""One attempt from the queue to the receiver and back, over real HTTP and committed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import Tenant
from accounts.tenancy import within
from integrations import egress
from tests.upstream import Scripted, Upstream
from tests.webhooks.telling.subscribers import deliveries, happen, subscribed, take, told
from webhooks.models import WebhookAttempt
from webhooks.queue.types import Taken
from webhooks.telling import deliver as delivering
from webhooks.telling.deliver import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def closed_afterwards() -> AsyncIterator[None]:
    yield
    await egress.aclose()


@pytest.fixture
def taken(acme: Tenant, upstream: Upstream) -> Taken:
    """A delivery to the test's upstream, as a worker has it."""
    subscribed(acme, url=f"{upstream.url}/hooks")
    happen(acme, "execution.failed", code="timeout")
    told(acme)
    return take()


def ended(tenant: Tenant) -> tuple[str, str, list[tuple[int | None, str]]]:
    """The delivery's status and code, and its attempts."""
    (delivery,) = deliveries(tenant)
    with within(tenant.id):
        attempts = list(WebhookAttempt.objects.values_list("status_code", "response"))
    return delivery.status, delivery.code, attempts


async def test_it_brings_the_event_to_its_receiver(acme: Tenant, taken: Taken, upstream: Upstream) -> None:
    upstream.will(Scripted(202, b"thanks"))
    await deliver(taken)
    (received,) = upstream.received
    assert received.json["data"]["code"] == "timeout"
    assert received.headers["webhook-id"] == f"msg_{taken.id}"
    assert received.headers["webhook-signature"].startswith("v1,")
    assert await sync_to_async(ended)(acme) == ("succeeded", "", [(202, "thanks")])
    await deliver(taken)  # it is not ours any more
    assert len(upstream.received) == 1


async def test_what_breaks_on_our_side_is_an_attempt_that_failed(
    acme: Tenant, taken: Taken, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*args: object) -> None:
        raise json.JSONDecodeError("Broken.", "", 0)

    monkeypatch.setattr(delivering, "send", broken)
    await deliver(taken)
    assert await sync_to_async(ended)(acme) == ("waiting", "internal_error", [(None, "")])
    assert "A delivery broke" in caplog.text


async def test_where_egress_does_not_let_it_it_is_tried_again_later(
    acme: Tenant, taken: Taken, upstream: Upstream, settings: Any
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = []
    await deliver(taken)
    assert upstream.received == []
    assert await sync_to_async(ended)(acme) == ("waiting", "egress_blocked", [(None, "")])
