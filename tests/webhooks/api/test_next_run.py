"""`webhook-events/next/`: an agent fetches its runs, and says how they went."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from redis import Redis

from accounts.errors import Forbidden
from accounts.ids import new_id
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from tests.catalogue import manager_of
from tests.corridor import Corridor
from tests.doors import Api
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.patience import until
from tests.webhooks import sending
from tests.webhooks.queue.rows import as_it_stands, make_route, make_runs
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import INPUT, attempts_of, make_run, run_on
from webhooks.models import WebhookRoute, WebhookRun
from webhooks.queue.kinds import RUNS
from webhooks.queue.sweep import end_lost
from webhooks.runs.for_agents import done, next_for
from webhooks.runs.waiting import wait_for_next
from webhooks.wake import wake_agent

FOR_AGENT: dict[str, Any] = {"target": "agent"}


def take(caller: Any) -> WebhookRun:
    work = next_for(caller)
    assert work is not None
    return work.run


@pytest.mark.django_db
class TestTheAgent:
    def test_gets_what_the_route_makes_of_the_event(self, scout: Agent, scout_caller: Any) -> None:
        run = make_run(scout, **FOR_AGENT)
        work = next_for(scout_caller)
        assert work is not None
        assert (work.run.id, work.run.taken, work.filled.input) == (run.id, 1, INPUT)
        assert as_it_stands(run).status == "running"
        assert next_for(scout_caller) is None

    def test_gets_nothing_that_is_for_others(self, scout: Agent, spy: Agent, scout_caller: Any) -> None:
        make_run(spy, **FOR_AGENT)
        make_run(scout)
        assert next_for(scout_caller) is None

    def test_gets_no_more_than_may_run_at_once(self, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT, concurrency=1)
        make_run(scout, **FOR_AGENT, slug="other", event=make_event(make_source(scout.tenant, "other"), INPUT))
        assert {take(scout_caller).route.slug, take(scout_caller).route.slug} == {"route", "other"}

    def test_waits_for_no_backlog_of_another_route(self, scout: Agent, scout_caller: Any) -> None:
        """It does one after the other, so that of no route any runs when it asks."""
        random.seed(7)
        event = make_event(make_source(scout.tenant), INPUT)
        for slug, count in (("busy", 8), ("quiet", 1)):
            route = make_route(scout, slug, **FOR_AGENT)
            for _ in range(count):
                make_runs(route, event_id=event.id, replay_id=new_id())
        taken = []
        for _ in range(8):
            run = take(scout_caller)
            taken.append(run.route.slug)
            with within(scout.tenant_id):
                done(run_id=run.id, by=scout_caller, taken=None)
        assert "quiet" in taken

    def test_is_not_bothered_with_what_does_not_suit_the_route(self, scout: Agent, scout_caller: Any) -> None:
        source = make_source(scout.tenant)
        unfit = make_run(scout, **FOR_AGENT, event=make_event(source, b"no object"))
        fit = make_run(scout, **FOR_AGENT, slug="second", event=make_event(source, INPUT))
        assert take(scout_caller).id == fit.id
        while next_for(scout_caller) is not None:
            """Whichever lane came first."""
        assert (as_it_stands(unfit).status, as_it_stands(unfit).cause) == ("dead", "sender")

    def test_says_that_it_is_done(self, api: Api, acme: Tenant, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT)
        run = take(scout_caller)
        answer = api.post(f"webhook-runs/{run.id}/done/", {"taken": 1, "result": {"password": "hunter2", "ok": True}})
        assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
        [attempt] = attempts_of(acme, run)
        assert '"ok": true' in attempt.response
        assert "hunter2" not in attempt.response
        with within(acme.id):
            entry = AuditEntry.objects.get(action="webhook_run.done")
        assert (entry.actor, entry.subject) == (f"agent:{scout.id}", f"webhook_run:{run.id}")
        assert api.post(f"webhook-runs/{run.id}/done/", {}).status_code == 409

    def test_says_that_it_failed(self, api: Api, acme: Tenant, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT, schedule=[0, 60])
        run = take(scout_caller)
        body = {"detail": "The CRM is down; I used token sk-ant-api03-AAAAAAAAAAAAAAAAAAAAAAAA."}
        assert api.post(f"webhook-runs/{run.id}/failed/", body).json()["status"] == "waiting"
        [attempt] = attempts_of(acme, run)
        assert (attempt.code, attempt.next_at is None) == ("failed_by_agent", False)
        assert "The CRM is down" in attempt.detail

    def test_repeats_no_secret_of_the_source(self, api: Api, acme: Tenant, scout: Agent, scout_caller: Any) -> None:
        source = sending.make_source(acme)
        make_run(scout, **FOR_AGENT, event=make_event(source, {"account": 7, "note": sending.SECRET}))
        run = take(scout_caller)
        api.post(f"webhook-runs/{run.id}/failed/", {"detail": f"I do not know {sending.SECRET}.", "retry": False})
        [attempt] = attempts_of(acme, run)
        assert attempt.detail == "I do not know [redacted:secret]."

    def test_gives_up_for_good(self, api: Api, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT)
        run = take(scout_caller)
        answer = api.post(f"webhook-runs/{run.id}/failed/", {"detail": "No such customer.", "retry": False})
        assert (answer.json()["status"], answer.json()["cause"]) == ("dead", "tool")

    def test_gets_it_again_when_somebody_redrives_it(self, api: Api, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT)
        run = take(scout_caller)
        api.post(f"webhook-runs/{run.id}/failed/", {"detail": "No such customer.", "retry": False})
        assert api.post(f"webhook-runs/{run.id}/redrive/", {}).status_code == 202
        assert take(scout_caller).id == run.id

    def test_is_no_person(self, scout: Agent, acme: Tenant) -> None:
        make_run(scout, **FOR_AGENT)
        with pytest.raises(Forbidden):
            next_for(manager_of(acme))

    def test_keeps_it_while_it_says_so(self, api: Api, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT)
        run = take(scout_caller)
        make_over(run)
        assert api.post(f"webhook-runs/{run.id}/extend/", {"taken": 1}).status_code == 200
        assert end_lost(RUNS, at=timezone.now()) == 0

    def test_loses_it_to_the_next_when_its_lease_is_over(self, api: Api, scout: Agent, scout_caller: Any) -> None:
        make_run(scout, **FOR_AGENT)
        run = take(scout_caller)
        make_over(run)
        assert end_lost(RUNS, at=timezone.now()) == 1
        assert take(scout_caller).taken == 2
        for act, body in (("done", {}), ("failed", {"detail": "Late."}), ("extend", {})):
            assert api.post(f"webhook-runs/{run.id}/{act}/", body | {"taken": 1}).status_code == 409
        assert as_it_stands(run).status == "running"
        assert api.post(f"webhook-runs/{run.id}/done/", {"taken": 2}).json()["status"] == "succeeded"


def make_over(run: WebhookRun) -> None:
    with within(run.tenant_id):
        WebhookRun.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
class TestTheDoor:
    def test_gives_what_is_due_and_nothing_twice(self, scout: Agent, corridor: Corridor) -> None:
        run = make_run(scout, **FOR_AGENT)
        answer = corridor.get("webhook-events/next/")
        assert answer.status_code == 200
        told = answer.json()
        assert (told["run"], told["taken"], told["attempt"], told["input"]) == (str(run.id), 1, 1, INPUT)
        assert (told["route"], told["event"]["id"], told["event"]["source"]) == ("route", str(run.event_id), "billing")
        assert told["lease_until"] is not None
        nothing = corridor.get("webhook-events/next/")
        assert (nothing.status_code, nothing.content) == (204, b"")

    def test_waits_until_there_is_something(self, scout: Agent, corridor: Corridor) -> None:
        asking = corridor.loop.start(corridor.api.get("webhook-events/next/", {"wait_ms": 20_000}))
        until(lambda: listeners() > 0)
        run = make_run(scout, **FOR_AGENT)
        wake_agent(scout.id)
        assert asking.result(15).json()["run"] == str(run.id)

    def test_gives_back_what_was_taken_for_somebody_who_hung_up(
        self, corridor: Corridor, scout: Agent, scout_caller: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looking, may_find = threading.Event(), threading.Event()

        def slow(caller: Any) -> Any:
            looking.set()
            may_find.wait(20)
            return next_for(caller)

        monkeypatch.setattr("webhooks.runs.waiting.next_for", slow)
        run = make_run(scout, **FOR_AGENT)
        asking = corridor.loop.start(wait_for_next(scout_caller, 20))
        assert looking.wait(20)
        asking.cancel()
        may_find.set()
        until(lambda: as_it_stands(run).taken == 1 and as_it_stands(run).status == "waiting")
        assert (as_it_stands(run).attempts, as_it_stands(run).lost) == (0, 0)
        assert take(scout_caller).id == run.id

    def test_does_not_say_that_there_is_nothing_while_another_asks(self, scout: Agent, scout_caller: Any) -> None:
        event = make_event(make_source(scout.tenant), INPUT)
        route = make_route(scout, **FOR_AGENT)
        run = run_on(route, event)
        with ThreadPoolExecutor(1) as other:
            with within(scout.tenant_id):
                WebhookRoute.objects.select_for_update(no_key=True).get(id=route.id)  # as who takes of it does
                asking = other.submit(in_another_connection, partial(next_for, scout_caller))
                until(somebody_waits_for_a_lock)
            work = asking.result(20)
        assert work is not None
        assert work.run.id == run.id

    def test_waits_no_longer_than_it_is_asked_to(self, corridor: Corridor, scout: Agent) -> None:
        assert corridor.get("webhook-events/next/", {"wait_ms": 20}).status_code == 204
        assert corridor.get("webhook-events/next/", {"wait_ms": 30_001}).status_code == 422

    def test_looks_by_itself_while_redis_is_away(
        self, corridor: Corridor, scout: Agent, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("webhooks.runs.waiting.LOOK_SECONDS", 0.1)
        monkeypatch.setattr("registry.execution.shared.heard", deaf)
        asking = corridor.loop.start(corridor.api.get("webhook-events/next/", {"wait_ms": 20_000}))
        run = make_run(scout, **FOR_AGENT)
        assert asking.result(15).json()["run"] == str(run.id)


def listeners() -> int:
    with Redis.from_url(django_settings.REDIS_URL) as redis:
        [(_, count)] = redis.pubsub_numsub("qm:webhooks:for-agents")
        return int(count)


async def deaf(channel: str) -> Any:
    """Redis is away."""
    for said in tuple[bytes, ...]():
        yield said
    raise OSError
