"""`webhook-runs/`: looking at runs, calling them off, redriving them."""

import json
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import Execution
from registry.models.execution import Status
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.servers import Servers
from tests.webhooks.queue.rows import LONG_AGO, as_it_stands, make_route
from tests.webhooks.queue.test_lanes import scanned
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import make_run, run_on
from webhooks.models import WebhookAttempt, WebhookRedo, WebhookRoute, WebhookRun, WebhookSource

pytestmark = pytest.mark.django_db

DEAD = {"status": "dead", "cause": "tool", "code": "upstream_error", "detail": "HTTP 503.", "attempts": 10}


@pytest.fixture
def route(scout: Agent) -> WebhookRoute:
    return make_route(scout, "to-the-crm")


def dead(route: WebhookRoute, **facts: Any) -> WebhookRun:
    """A dead letter of a new event."""
    with within(route.tenant_id):
        source = WebhookSource.objects.first()
        tenant = route.tenant
    run = run_on(route, make_event(source or make_source(tenant)))
    return change(run, **DEAD | facts)


def change(run: WebhookRun, **facts: Any) -> WebhookRun:
    with within(run.tenant_id):
        WebhookRun.objects.filter(id=run.id).update(**facts)
    return as_it_stands(run)


def ids(answer: Any) -> list[str]:
    return [run["id"] for run in answer.json()["results"]]


def test_a_run_says_what_caused_it_and_what_became_of_it(api: Api, scout: Agent) -> None:
    run = change(make_run(scout), **DEAD, finished_at=LONG_AGO)
    with within(run.tenant_id):
        WebhookAttempt.objects.create(
            tenant_id=run.tenant_id, run=run, number=10, started_at=LONG_AGO, finished_at=LONG_AGO, code="timeout"
        )
    answer = api.get(f"webhook-runs/{run.id}/")
    assert answer.status_code == 200
    told = answer.json()
    [attempt] = told.pop("attempt_log")
    assert (attempt["number"], attempt["code"], attempt["execution"], attempt["next_at"]) == (10, "timeout", None, None)
    assert told == {
        "id": str(run.id),
        "event": str(run.event_id),
        "event_type": "invoice.paid",
        "route": "route",
        "target": "tool",
        "agent": "scout",
        "replay": None,
        "status": "dead",
        "attempts": 10,
        "due_at": told["due_at"],
        "execution": None,
        "cause": "tool",
        "code": "upstream_error",
        "detail": "HTTP 503.",
        "created_at": told["created_at"],
        "first_attempt_at": None,
        "finished_at": told["finished_at"],
    }


def test_they_are_listed_by_what_they_are(api: Api, scout: Agent, route: WebhookRoute) -> None:
    first, second = dead(route), dead(route, cause="policy", code="forbidden")
    other = dead(make_route(scout, "elsewhere"), status="succeeded", cause="", code="")
    assert ids(api.get("webhook-runs/")) == [str(other.id), str(second.id), str(first.id)]
    assert ids(api.get("webhook-runs/", {"status": "dead"})) == [str(second.id), str(first.id)]
    assert ids(api.get("webhook-runs/", {"cause": "policy"})) == [str(second.id)]
    assert ids(api.get("webhook-runs/", {"code": "upstream_error"})) == [str(first.id)]
    assert ids(api.get("webhook-runs/", {"route": "elsewhere"})) == [str(other.id)]
    assert ids(api.get("webhook-runs/", {"event": str(first.event_id)})) == [str(first.id)]
    assert api.get("webhook-runs/", {"colour": "red"}).status_code == 422


def test_those_of_another_tenant_are_not_there(spy_api: Api, route: WebhookRoute) -> None:
    run = dead(route)
    assert ids(spy_api.get("webhook-runs/")) == []
    assert spy_api.get(f"webhook-runs/{run.id}/").status_code == 404
    for act in ("cancel", "redrive", "done", "extend"):
        assert spy_api.post(f"webhook-runs/{run.id}/{act}/", {}).status_code == 404
    assert spy_api.post("webhook-runs/redrive/", {"ids": [str(run.id)]}).json()["count"] == 0
    assert as_it_stands(run).status == "dead"


def test_a_dead_letter_waits_again_with_a_whole_schedule_and_a_free_key(
    api: Api, acme: Tenant, scout: Agent, route: WebhookRoute
) -> None:
    with within(acme.id):
        execution = Execution.objects.create(
            tenant=acme,
            agent=scout,
            tool_slug="crm-find",
            status=Status.FAILED,
            idempotency_key="k",
            started_at=LONG_AGO,
        )
    run = dead(route, execution_id=execution.id, lost=3)
    answer = api.post(f"webhook-runs/{run.id}/redrive/", {})
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "waiting", 0)
    run = as_it_stands(run)
    assert (run.cause, run.lost, run.finished_at) == ("", 0, None)
    with within(acme.id):
        execution.refresh_from_db()
        entry = AuditEntry.objects.get(action="webhook_run.redriven")
    assert execution.idempotency_key is None
    assert (entry.actor, entry.subject) == (f"agent:{scout.id}", f"webhook_run:{run.id}")


def test_only_dead_letters_are_redriven(api: Api, route: WebhookRoute) -> None:
    run = change(dead(route), status="succeeded")
    answer = api.post(f"webhook-runs/{run.id}/redrive/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert api.post("webhook-runs/redrive/", {"ids": [str(run.id)]}).json()["count"] == 0
    assert as_it_stands(run).status == "succeeded"


def test_nothing_is_redriven_on_a_route_that_was_removed(api: Api, acme: Tenant, route: WebhookRoute) -> None:
    run = dead(route)
    with within(acme.id):
        WebhookRoute.objects.update(deleted_at=LONG_AGO)
    answer = api.post(f"webhook-runs/{run.id}/redrive/", {})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "The route of this run was removed. Replay its event: the routes that there are take it.",
    )
    assert as_it_stands(run).status == "dead"


def test_many_are_redriven_by_a_filter_that_can_be_tried_before(api: Api, route: WebhookRoute) -> None:
    wanted = [dead(route), dead(route)]
    other = dead(route, cause="policy", code="forbidden")
    body: dict[str, Any] = {"filter": {"route": "to-the-crm", "cause": "tool"}}
    tried = api.post("webhook-runs/redrive/", body | {"dry_run": True})
    assert (tried.status_code, tried.json()) == (200, {"redo": None, "count": 2, "left": 0})
    assert as_it_stands(wanted[0]).status == "dead"
    answer = api.post("webhook-runs/redrive/", body)
    assert (answer.status_code, answer.json()["count"]) == (202, 2)
    assert [as_it_stands(run).status for run in (*wanted, other)] == ["waiting", "waiting", "dead"]


def test_a_redrive_happens_once_per_key(api: Api, acme: Tenant, route: WebhookRoute) -> None:
    run = dead(route)
    body: dict[str, Any] = {"filter": {}}
    first = api.post("webhook-runs/redrive/", body, idempotency_key="k")
    change(run, **DEAD)
    again = api.post("webhook-runs/redrive/", body, idempotency_key="k")
    assert again.json()["redo"] == first.json()["redo"]
    assert again.json()["count"] == 1
    assert as_it_stands(run).status == "dead"
    conflict = api.post("webhook-runs/redrive/", {"filter": {"cause": "tool"}}, idempotency_key="k")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_conflict")
    with within(acme.id):
        assert WebhookRedo.objects.count() == 1


def test_a_redrive_says_which(api: Api) -> None:
    said_badly: list[Any] = [{}, {"ids": []}, {"ids": ["x"]}, {"filter": {}, "ids": []}, {"filter": {"old": 1}}]
    for body in said_badly:
        assert api.post("webhook-runs/redrive/", body).status_code == 422


def test_one_is_called_off(api: Api, acme: Tenant, scout: Agent) -> None:
    run = change(make_run(scout), status="running", taken=4)
    assert api.post(f"webhook-runs/{run.id}/cancel/", {}).json()["status"] == "cancelled"
    assert (as_it_stands(run).taken, as_it_stands(run).lease_until) == (5, None)
    again = api.post(f"webhook-runs/{run.id}/cancel/", {})
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "This run has ended already: it is `cancelled`. There is nothing to cancel.",
    )
    with within(acme.id):
        assert AuditEntry.objects.filter(action="webhook_run.cancelled").count() == 1


def test_the_call_that_it_waits_for_is_called_off_too(api: Api, acme: Tenant, scout: Agent) -> None:
    run = make_run(scout)
    with within(acme.id):
        execution = Execution.objects.create(
            tenant=acme,
            agent=scout,
            tool_slug="crm-find",
            status=Status.PENDING,
            waits_for="worker",
            idempotency_key=f"{run.event_id}:{run.route_id}",
            started_at=LONG_AGO,
        )
    api.post(f"webhook-runs/{run.id}/cancel/", {})
    with within(acme.id):
        execution.refresh_from_db()
    assert execution.status == Status.CANCELLED


def test_who_may_only_look_changes_nothing(acme: Tenant, route: WebhookRoute) -> None:
    run = dead(route)
    viewer = Api(make_key(make_agent(acme, "viewer", Role.VIEWER)))
    assert viewer.get(f"webhook-runs/{run.id}/").status_code == 200
    for address in (f"webhook-runs/{run.id}/redrive/", f"webhook-runs/{run.id}/cancel/"):
        assert viewer.post(address, {}).status_code == 403
    assert viewer.post("webhook-runs/redrive/", {"filter": {}}).status_code == 403
    assert as_it_stands(run).status == "dead"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", [{"code": "timeout"}, {"cause": "tool"}, {"cause": "tool", "code": "timeout"}])
def test_no_history_is_read_to_find_what_failed(
    query: dict[str, str], api: Api, route: WebhookRoute, servers: Servers
) -> None:
    failed = dead(route, code="timeout")
    event = {"event_id": failed.event_id, "finished_at": timezone.now()}
    with within(route.tenant_id):
        WebhookRun.objects.bulk_create(
            WebhookRun(tenant_id=route.tenant_id, route=route, agent=route.agent, status="succeeded", **event, **once)
            for once in ({"replay_id": new_id()} for _ in range(3_000))
        )
    with servers.connect_as_superuser() as database:
        database.execute("ANALYZE webhooks_webhookrun")
    plans: list[Any] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and 'FROM "webhooks_webhookrun"' in sql:
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            [(plan,)] = context["cursor"].fetchall()
            plans.append((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        assert ids(api.get("webhook-runs/", query)) == [str(failed.id)]
    assert [sum(scanned(plan, "webhooks_webhookrun")) for plan in plans] == [1]


def test_only_dead_letters_have_a_cause(api: Api, route: WebhookRoute) -> None:
    run = dead(route)
    assert ids(api.get("webhook-runs/", {"cause": "tool", "status": "dead"})) == [str(run.id)]
    assert ids(api.get("webhook-runs/", {"cause": "tool", "status": "succeeded"})) == []
