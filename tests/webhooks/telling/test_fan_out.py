"""From the audit trail to deliveries: one for each subscription and event, whatever happens in between."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.cast import CASTING
from tests.webhooks.telling.subscribers import as_it_stands, deliveries, happen, pause, subscribed, told
from webhooks.models import WebhookDelivery, WebhookSubscription
from webhooks.subscriptions.switch import disable_subscription, enable_subscription
from webhooks.telling import fan_out
from webhooks.telling.fan_out import behind, tell
from webhooks.telling.letters import letter_of

pytestmark = pytest.mark.django_db


def position(subscription: WebhookSubscription) -> int:
    row: WebhookSubscription = as_it_stands(subscription)
    return row.position


def codes(tenant: Tenant) -> list[str]:
    return [delivery.payload["data"]["code"] for delivery in deliveries(tenant)]


def test_it_makes_a_delivery_of_an_event(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    happen(acme, "execution.failed", "execution:e1", tool="crm-find", code="timeout")
    assert told(acme) == [("ops", "execution.failed")]
    (delivery,) = deliveries(acme)
    with within(acme.id):
        entry = AuditEntry.objects.get(action="execution.failed")
    assert delivery.payload == {
        "type": "execution.failed",
        "timestamp": entry.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "tool": "crm-find",
            "code": "timeout",
            "tenant": str(acme.id),
            "sequence": entry.sequence,
            "actor": "agent:1",
            "subject": "execution:e1",
        },
    }
    assert (delivery.status, delivery.sequence, delivery.attempts) == ("waiting", entry.sequence, 0)
    assert position(ops) == entry.sequence


def test_it_tells_the_first_of_a_long_list_and_how_many_there_are(acme: Tenant) -> None:
    subscribed(acme)
    tools = [f"tool-{number}" for number in range(5_000)]
    happen(acme, "health.stale", f"tenant:{acme.id}", tools=tools)
    told(acme)
    data = deliveries(acme)[0].payload["data"]
    assert (data["tools"], data["tools_count"]) == (tools[:100], 5_000)


def test_it_tells_of_what_happens_after_the_subscription_was_made(acme: Tenant) -> None:
    happen(acme, "tool.registered")
    subscribed(acme)
    happen(acme, "tool.changed")
    assert told(acme) == [("ops", "tool.changed")]


def test_it_tells_each_subscription_of_what_it_wants(acme: Tenant) -> None:
    subscribed(acme, "all")
    subscribed(acme, "failures", event_types=["*.failed"])
    condition = {"path": "$.data.code", "op": "eq", "value": "timeout"}
    subscribed(acme, "timeouts", event_types=["execution.*"], conditions=[condition])
    happen(acme, "execution.failed", code="timeout")
    happen(acme, "execution.failed", code="upstream_error")
    happen(acme, "execution.succeeded")
    assert told(acme) == [
        *(("all", "execution.failed"), ("failures", "execution.failed"), ("timeouts", "execution.failed")),
        *(("all", "execution.failed"), ("failures", "execution.failed")),
        ("all", "execution.succeeded"),
    ]


def test_a_condition_that_cannot_be_judged_keeps_the_event_back(acme: Tenant) -> None:
    subscribed(acme, conditions=[{"path": "$.data.code", "op": "ne", "value": "timeout"}])
    happen(acme, "execution.succeeded")
    assert told(acme) == []


def test_it_tells_nobody_of_another_tenants_events(acme: Tenant, globex: Tenant) -> None:
    subscribed(acme)
    subscribed(globex, "theirs")
    happen(globex, "execution.failed")
    assert (told(acme), told(globex)) == ([], [("theirs", "execution.failed")])


def test_it_tells_once_however_often_it_looks(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    happen(acme, "execution.failed")
    assert told(acme) == told(acme) == [("ops", "execution.failed")]
    with within(acme.id):
        WebhookSubscription.objects.filter(id=ops.id).update(position=0)  # as if its position had been lost
    assert told(acme).count(("ops", "execution.failed")) == 1


def test_it_writes_deliveries_and_position_together(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    ops = subscribed(acme).subscription
    happen(acme, "execution.failed")
    before = position(ops)

    def break_off(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(fan_out, "wake_queue", break_off)
        assert told(acme) == []
    assert position(ops) == before
    assert told(acme) == [("ops", "execution.failed")]


def test_what_fails_holds_up_nobody_else(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subscribed(acme)
    subscribed(globex)
    happen(acme, "execution.failed")
    happen(globex, "execution.failed")

    def break_for_acme(tenant_id: Any, event: Any) -> Any:
        if tenant_id == acme.id:
            raise ValueError("These letters cannot be written.")
        return letter_of(tenant_id, event)

    monkeypatch.setattr(fan_out, "letter_of", break_for_acme)
    with caplog.at_level(logging.ERROR, logger="webhooks.telling.fan_out"):
        assert told(globex) == [("ops", "execution.failed")]
    assert [record.getMessage() for record in caplog.records] == [
        "Subscriptions could not be told. The next pass tries again."
    ]
    assert told(acme) == []


def test_it_costs_one_look_where_nobody_subscribes(acme: Tenant, globex: Tenant) -> None:
    happen(acme, "execution.failed")
    happen(globex, "execution.failed")
    with CaptureQueriesContext(connection) as queries:
        fan_out.fan_out()
    selects = [query["sql"] for query in queries if query["sql"].startswith("SELECT DISTINCT")]
    assert len(selects) == 1
    assert not [query["sql"] for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]


def test_it_goes_on_batch_by_batch(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "BATCH", 2)
    happen(acme, "tool.changed")
    start = position(subscribed(acme).subscription)
    for code in ("one", "two", "three"):
        happen(acme, "execution.failed", code=code)
    assert behind() == [(acme.id, start)]
    assert tell(acme.id, start) is True  # the first entry says that the subscription was made
    assert codes(acme) == ["one"]
    assert tell(acme.id, start + 2) is False
    assert codes(acme) == ["one", "two", "three"]
    assert behind() == []


def test_it_writes_many_deliveries_in_one_statement(acme: Tenant) -> None:
    for number in range(10):
        subscribed(acme, f"ops-{number}")
    for _ in range(20):
        happen(acme, "execution.failed")
    with CaptureQueriesContext(connection) as queries:
        assert len(told(acme)) == 200
    assert len([query for query in queries if "INSERT" in query["sql"]]) == 1


def test_it_leaves_a_group_that_has_moved_on(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    assert tell(acme.id, position(ops) + 7) is False


def test_a_disabled_subscription_has_lost_nothing(acme: Tenant) -> None:
    ops = subscribed(acme).subscription
    with within(acme.id):
        disable_subscription(subscription=ops, by=CASTING)
    happen(acme, "execution.failed", code="while_disabled")
    assert told(acme) == []
    with within(acme.id):
        enable_subscription(subscription=ops, by=CASTING)
    happen(acme, "execution.failed", code="afterwards")
    told(acme)
    assert codes(acme) == ["while_disabled", "afterwards"]


def test_one_that_comes_late_hears_what_the_others_have_heard(acme: Tenant) -> None:
    late, early = subscribed(acme, "late").subscription, subscribed(acme, "early").subscription
    with within(acme.id):
        disable_subscription(subscription=late, by=CASTING)
    happen(acme, "tool.changed")
    assert told(acme) == [("early", "tool.changed")]
    with within(acme.id):
        enable_subscription(subscription=late, by=CASTING)
    assert told(acme) == [("early", "tool.changed"), ("late", "tool.changed")]
    happen(acme, "tool.changed")
    told(acme)
    assert position(late) == position(early)


def test_it_lets_a_schedule_say_when_the_first_attempt_is(acme: Tenant) -> None:
    subscribed(acme, schedule=[3600])
    happen(acme, "execution.failed")
    told(acme)
    (delivery,) = deliveries(acme)
    assert 0.8 * 3600 <= pause(delivery, delivery.created_at) <= 1.2 * 3600


def test_no_delivery_tells_of_one_that_told_of_a_delivery(acme: Tenant) -> None:
    subscribed(acme, event_types=["webhook_delivery.dead"])
    happen(acme, "execution.failed")
    with within(acme.id):
        first = WebhookDelivery(
            tenant_id=acme.id,
            subscription=WebhookSubscription.objects.get(),
            event_type="execution.failed",
            payload={},
            due_at=datetime.now(UTC),
        )
        first.save()
    happen(acme, "webhook_delivery.dead", f"webhook_delivery:{first.id}")
    assert told(acme) == [("ops", "webhook_delivery.dead"), ("ops", "execution.failed")]
    echo = next(delivery for delivery in deliveries(acme) if delivery.event_type == "webhook_delivery.dead")
    happen(acme, "webhook_delivery.dead", f"webhook_delivery:{echo.id}")
    assert len(told(acme)) == 2
