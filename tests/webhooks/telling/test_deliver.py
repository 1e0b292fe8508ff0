"""One attempt from the queue to the receiver and back, over real HTTP and committed."""

import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from integrations import egress
from tests.locks import in_another_connection
from tests.upstream import Scripted, Upstream
from tests.webhooks.telling.subscribers import deliveries, happen, subscribed, take, told
from webhooks.models import WebhookAttempt, WebhookSubscription
from webhooks.queue.endings import put_back
from webhooks.queue.types import Attempt, Taken
from webhooks.telling import deliver as delivering
from webhooks.telling.deliver import deliver
from webhooks.telling.standing import note_failure

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


def test_two_that_fail_together_do_not_wait_for_each_other(acme: Tenant, taken: Taken) -> None:
    """Each ending holds its subscription's key; the one that disables it must not wait for the others to let go."""
    [delivery] = deliveries(acme)

    def disable() -> None:
        with within(acme.id), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            note_failure(delivery.subscription_id, timezone.now(), is_gone=True)

    with within(acme.id), ThreadPoolExecutor(1) as other:
        assert put_back(taken, Attempt(timezone.now(), code="upstream_error"), timedelta(0))
        other.submit(in_another_connection, disable).result()
    with within(acme.id):
        assert not WebhookSubscription.objects.get().enabled
