"""How what was taken goes on or ends, and that only its last holder says so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Agent, AuditEntry
from accounts.tenancy import within
from tests.webhooks.queue.rows import LONG_AGO, WENT, as_it_stands, let_be_due, make_route, make_runs, take
from webhooks.models import WebhookAttempt, WebhookRoute, WebhookRun
from webhooks.models.queued import Cause
from webhooks.queue.endings import give_up, put_back, put_off, take_away
from webhooks.queue.success import _succeed_all, succeed
from webhooks.queue.types import Attempt, Taken

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
FAILED = Attempt(LONG_AGO, execution_id=new_id(), status_code=503, code="upstream_error", detail="HTTP 503.")


@pytest.fixture
def run(scout: Agent) -> WebhookRun:
    [made] = make_runs(make_route(scout))
    return made


@pytest.fixture
def taken(run: WebhookRun) -> Taken:
    [first] = take()
    return first


def logged(run: WebhookRun) -> list[WebhookAttempt]:
    with within(run.tenant_id):
        return list(WebhookAttempt.objects.filter(run=run))


def told(run: WebhookRun) -> list[str]:
    with within(run.tenant_id):
        return list(AuditEntry.objects.filter(subject=f"webhook_run:{run.id}").values_list("action", flat=True))


def test_it_succeeds(run: WebhookRun, taken: Taken) -> None:
    assert succeed(taken, Attempt(LONG_AGO, execution_id=FAILED.execution_id))
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.execution_id, run.lease_until) == (
        "succeeded",
        1,
        FAILED.execution_id,
        None,
    )
    assert (run.first_attempt_at, run.finished_at is None) == (LONG_AGO, False)
    [attempt] = logged(run)
    assert (attempt.number, attempt.started_at, attempt.code, attempt.next_at) == (1, LONG_AGO, "", None)
    assert told(run) == []


def test_what_ends_at_one_moment_ends_together(scout: Agent, spy: Agent) -> None:
    """Whoever's it is; each gets an attempt of its own."""
    runs = [*make_runs(make_route(scout), 2), *make_runs(make_route(spy))]
    assert _succeed_all([(taken, WENT) for taken in take()]) == [True, True, True]
    assert {(as_it_stands(run).status, as_it_stands(run).attempts, len(logged(run))) for run in runs} == {
        ("succeeded", 1, 1)
    }


def test_they_cost_five_statements(scout: Agent, spy: Agent, django_assert_num_queries: Any) -> None:
    """Savepoint, scope, the ending of all, the scope around, release."""
    make_runs(make_route(scout), 2)
    make_runs(make_route(spy))
    taken = take()
    with django_assert_num_queries(5):
        _succeed_all([(each, WENT) for each in taken])


def test_of_two_holders_that_end_at_one_moment_the_last_one_counts(run: WebhookRun, taken: Taken) -> None:
    """Their process had lost it, and has taken it again."""
    put_off(taken, timedelta(0))
    let_be_due(run)
    [again] = take()
    late, ours = Attempt(LONG_AGO - MINUTE), Attempt(LONG_AGO)
    assert _succeed_all([(taken, late), (again, ours)]) == [False, True]
    assert as_it_stands(run).attempts == 1
    assert [attempt.started_at for attempt in logged(run)] == [LONG_AGO]


def test_it_is_put_back_with_what_went_wrong(run: WebhookRun, taken: Taken) -> None:
    assert put_back(taken, FAILED, MINUTE)
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.code, run.detail) == ("waiting", 1, "upstream_error", "HTTP 503.")
    assert run.due_at is not None
    assert timedelta(seconds=50) < run.due_at - timezone.now() <= MINUTE
    [attempt] = logged(run)
    assert (attempt.status_code, attempt.next_at) == (503, run.due_at)
    assert take() == []


def test_it_is_put_off_without_an_attempt(run: WebhookRun, taken: Taken) -> None:
    assert put_off(taken, MINUTE, execution_id=FAILED.execution_id)
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.execution_id, run.first_attempt_at) == (
        "waiting",
        0,
        FAILED.execution_id,
        None,
    )
    assert logged(run) == []


def test_it_is_given_up_and_told_of(run: WebhookRun, taken: Taken) -> None:
    assert give_up(taken, FAILED, Cause.TOOL)
    run = as_it_stands(run)
    assert (run.status, run.cause, run.code, run.finished_at is None) == ("dead", "tool", "upstream_error", False)
    assert told(run) == ["webhook_run.dead"]


def test_it_is_taken_away_and_due_at_once(run: WebhookRun, taken: Taken) -> None:
    assert take_away(taken, Attempt(LONG_AGO, code="lease_ended"), timedelta(0))
    run = as_it_stands(run)
    assert (run.status, run.attempts, run.lost, run.code) == ("waiting", 0, 1, "")
    [attempt] = logged(run)
    assert (attempt.number, attempt.code, attempt.next_at) == (1, "lease_ended", run.due_at)
    [again] = take()
    assert again.taken == 2


def test_success_forgets_what_went_wrong_before(run: WebhookRun, taken: Taken) -> None:
    put_back(taken, FAILED, MINUTE)
    let_be_due(run)
    [again] = take()
    succeed(again, WENT)
    run = as_it_stands(run)
    assert (run.attempts, run.code, run.detail, run.execution_id) == (2, "", "", FAILED.execution_id)
    assert [attempt.number for attempt in logged(run)] == [1, 2]


@pytest.mark.parametrize(
    "ending",
    [
        lambda taken: put_back(taken, FAILED, MINUTE),
        lambda taken: put_off(taken, MINUTE),
        lambda taken: take_away(taken, FAILED, timedelta(0)),
    ],
)
def test_what_would_wait_for_a_route_that_was_removed_is_cancelled(
    ending: Callable[[Taken], bool], run: WebhookRun, taken: Taken
) -> None:
    with within(run.tenant_id):
        WebhookRoute.objects.update(deleted_at=timezone.now())
    assert ending(taken)
    run = as_it_stands(run)
    assert (run.status, run.detail) == ("cancelled", "What it was for was removed meanwhile.")
    assert run.finished_at is not None


ENDINGS: list[Callable[[Taken], bool]] = [
    lambda taken: succeed(taken, WENT),
    lambda taken: put_back(taken, FAILED, MINUTE),
    lambda taken: put_off(taken, MINUTE),
    lambda taken: give_up(taken, FAILED, Cause.TOOL),
    lambda taken: take_away(taken, FAILED, timedelta(0)),
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_holder_who_comes_too_late_changes_nothing(
    ending: Callable[[Taken], bool], run: WebhookRun, taken: Taken
) -> None:
    put_off(taken, -MINUTE)
    [theirs] = take()
    before = as_it_stands(run)
    assert not ending(taken)
    after = as_it_stands(run)
    assert (after.status, after.taken, after.lease_until) == ("running", theirs.taken, before.lease_until)
    assert (logged(run), told(run)) == ([], [])
    assert succeed(theirs, WENT)


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_has_ended_stays_as_it_is(ending: Callable[[Taken], bool], run: WebhookRun, taken: Taken) -> None:
    succeed(taken, WENT)
    assert not ending(taken)
    assert as_it_stands(run).status == "succeeded"
    assert len(logged(run)) == 1
