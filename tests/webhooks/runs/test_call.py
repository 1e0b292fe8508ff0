"""The calls of runs that begin at one moment: read together, and what is the matter with one is no other's."""

from typing import Any

import pytest
from django.db import DatabaseError, OperationalError

from accounts.errors import Forbidden
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from integrations.vault import Opener
from registry.execution.types import ToolCall
from tests.corridor import Corridor
from tests.webhooks.queue.rows import as_it_stands, make_route, take
from tests.webhooks.rows import make_event, make_source
from tests.webhooks.runs.making import INPUT, attempts_of, make_run, run_on
from webhooks.models import WebhookRun
from webhooks.queue.types import Taken
from webhooks.routing.fill import Filled, fill_run
from webhooks.runs import call as module
from webhooks.runs.attempt import attempt
from webhooks.runs.call import key_of, prepare_all

pytestmark = pytest.mark.django_db(transaction=True)


def three_runs(agent: Agent) -> list[WebhookRun]:
    route = make_route(agent)
    return [run_on(route, make_event(make_source(agent.tenant, f"source-{n}"), INPUT)) for n in range(3)]


def of(runs: list[WebhookRun]) -> list[Taken]:
    """In their order."""
    by_id = {taken.id: taken for taken in take()}
    return [by_id[run.id] for run in runs]


def test_each_gets_the_call_of_its_own_event(scout: Agent, spy: Agent) -> None:
    runs = [*three_runs(scout), make_run(spy)]
    calls = prepare_all(of(runs))
    assert all(isinstance(call, ToolCall) for call in calls)
    assert [(call.caller.agent_id, call.idempotency_key) for call in calls if isinstance(call, ToolCall)] == [
        (run.agent_id, key_of(run)) for run in runs
    ]


def test_those_of_one_tenant_cost_seven_statements(scout: Agent, django_assert_num_queries: Any) -> None:
    """Begin, scope, runs, agent, the vault's key, the source's secrets, commit: the same for one and for ten."""
    route, source = make_route(scout), make_source(scout.tenant)
    taken = of([run_on(route, make_event(source, INPUT)) for _ in range(3)])
    with django_assert_num_queries(7):
        prepare_all(taken)


def test_one_whose_agent_is_disabled_is_told_so_and_the_others_are_called(scout: Agent, spy: Agent) -> None:
    runs = [make_run(scout), make_run(spy)]
    with within(spy.tenant_id):
        Agent.objects.filter(id=spy.id).update(enabled=False)
    ours, theirs = prepare_all(of(runs))
    assert isinstance(ours, ToolCall)
    assert isinstance(theirs, Forbidden)


def test_one_that_breaks_the_transaction_breaks_no_other(scout: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = three_runs(scout)

    def fill_but(run: WebhookRun, opener: Opener) -> Filled:
        if run.id == runs[1].id:
            raise DatabaseError
        return fill_run(run, opener)

    monkeypatch.setattr(module, "fill_run", fill_but)
    first, second, third = prepare_all(of(runs))
    assert isinstance(first, ToolCall)
    assert isinstance(second, DatabaseError)
    assert isinstance(third, ToolCall)


def test_no_attempt_is_counted_while_postgresql_is_away(
    acme: Tenant, scout: Agent, corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the run puts it off."""
    run = make_run(scout)

    def away(run: WebhookRun, opener: Opener) -> Filled:
        raise OperationalError

    monkeypatch.setattr(module, "fill_run", away)
    [taken] = take()
    with pytest.raises(OperationalError):
        corridor.loop.run(attempt(taken))
    assert (as_it_stands(run).status, as_it_stands(run).attempts, attempts_of(acme, run)) == ("running", 0, [])
