from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.agents import create_agent
from accounts.ids import first_id_at
from accounts.models import Tenant
from accounts.tenancy import within
from tests.webhooks.sending import BY, make_source
from webhooks import retention
from webhooks.models import WebhookAttempt, WebhookEvent, WebhookRoute, WebhookRun, WebhookSecret, WebhookSource
from webhooks.retention import expire_events
from webhooks.sources.secrets import retire_secret

pytestmark = pytest.mark.django_db

_numbers = iter(range(1, 1_000_000))


def came(source: WebhookSource, *, days: float, **more: Any) -> WebhookEvent:
    """An event of so many days ago."""
    at = timezone.now() - timedelta(days=days)
    usual = {"status": "accepted", "routing": "routed", "method": "POST", "payload": {}, "sealed_body": b"x"}
    with within(source.tenant_id):
        return WebhookEvent.objects.create(
            id=UUID(int=first_id_at(at).int + next(_numbers)),
            tenant_id=source.tenant_id,
            source=source,
            received_at=at,
            sealed_head=b"x",
            **(usual | more),
        )


def left(source: WebhookSource) -> dict[UUID, bool]:
    """Whether each event is still whole."""
    with within(source.tenant_id):
        rows = WebhookEvent.objects.filter(source=source).order_by("id")
        return {row.id: row.sealed_body is not None for row in rows}


def test_it_empties_what_was_kept_long_enough(acme: Tenant, globex: Tenant) -> None:
    source, other = make_source(acme, retention_days=7), make_source(globex, retention_days=90)
    old, new = came(source, days=7.1), came(source, days=6.9)
    older = came(other, days=60)
    expire_events()
    assert left(source) == {old.id: False, new.id: True}
    assert left(other) == {older.id: True}
    with within(acme.id):
        emptied = WebhookEvent.objects.get(id=old.id)
    assert (emptied.sealed_head, emptied.payload, emptied.emptied_at is not None) == (None, None, True)


def test_it_knows_copies_of_an_event_for_thirty_days_at_least(acme: Tenant) -> None:
    source, long = make_source(acme, retention_days=1), make_source(acme, "long", retention_days=40)
    kept, gone = came(source, days=29.9), came(source, days=30.1)
    kept_long, gone_long = came(long, days=39.9), came(long, days=40.1)
    expire_events()
    assert (left(source), left(long)) == ({kept.id: False}, {kept_long.id: True})
    assert not {gone.id, gone_long.id} & set(left(source) | left(long))


@pytest.mark.parametrize("routing", ["waiting", "held"])
def test_it_leaves_alone_what_is_not_routed_yet(routing: str, acme: Tenant) -> None:
    source = make_source(acme, retention_days=1)
    event = came(source, days=100, routing=routing)
    expire_events()
    assert left(source) == {event.id: True}


def run_of(event: WebhookEvent, tenant: Tenant, status: str) -> WebhookRun:
    now = timezone.now()
    with within(tenant.id):
        agent = create_agent(tenant=tenant, slug=f"route-{status}", by=BY)
        route = WebhookRoute.objects.create(tenant=tenant, slug=status, name=status, agent=agent, tool="x")
        run = WebhookRun.objects.create(tenant=tenant, event=event, route=route, agent=agent, status=status, due_at=now)
        WebhookAttempt.objects.create(tenant=tenant, run=run, number=1, started_at=now, finished_at=now)
        return run


def test_it_leaves_alone_what_has_work_left_and_removes_runs_with_their_event(acme: Tenant) -> None:
    source = make_source(acme, retention_days=1)
    unended, dead = came(source, days=100), came(source, days=100)
    run_of(unended, acme, "running")
    run_of(dead, acme, "dead")
    expire_events()
    assert left(source) == {unended.id: True}
    with within(acme.id):
        assert [run.status for run in WebhookRun.objects.all()] == ["running"]
        assert WebhookAttempt.objects.count() == 1


def test_it_goes_on_batch_by_batch(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(retention, "MOST_ROUNDS", 2)
    source = make_source(acme, retention_days=1)
    for _ in range(5):
        came(source, days=2)
    expire_events()
    assert sorted(left(source).values()) == [False] * 4 + [True]
    expire_events()
    assert sorted(left(source).values()) == [False] * 5


def test_it_destroys_secrets_whose_time_is_over(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        secret = WebhookSecret.objects.get()
        retire_secret(source=source, by=BY, secret_id=secret.id, after_hours=1)
    expire_events()
    with within(acme.id):
        assert WebhookSecret.objects.count() == 1
        WebhookSecret.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    expire_events()
    with within(acme.id):
        assert WebhookSecret.objects.count() == 0
