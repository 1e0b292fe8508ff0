from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from accounts.caller import Actor, System
from accounts.errors import Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from memory import once as memory_once
from memory.models import AnsweredRequest
from memory.once import forget_answers, once
from registry.errors import IdempotencyConflict
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.patience import until

BY = System("first")


class Work:
    """Answers with how often it was done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, int]:
        self.times += 1
        return {"times": self.times}


@pytest.fixture
def work() -> Work:
    return Work()


def ask(
    tenant: Tenant, work: Callable[[], Any], *, key: str | None = "k", asked: Any = "this", by: Actor = BY
) -> tuple[Any, bool]:
    with within(tenant.id):
        return once(tenant_id=tenant.id, by=by, key=key, asked=asked, do=work)


@pytest.mark.django_db
def test_it_does_the_same_once(acme: Tenant, work: Work) -> None:
    assert ask(acme, work, asked={"a": 1, "b": [2]}) == ({"times": 1}, False)
    assert ask(acme, work, asked={"b": [2], "a": 1}) == ({"times": 1}, True)


@pytest.mark.django_db
def test_it_does_without_a_key_what_it_is_asked(acme: Tenant, work: Work) -> None:
    assert [ask(acme, work, key=None) for _ in range(2)] == [({"times": 1}, False), ({"times": 2}, False)]
    with within(acme.id):
        assert AnsweredRequest.objects.count() == 0


@pytest.mark.django_db
def test_it_refuses_another_request_under_the_same_key(acme: Tenant, work: Work) -> None:
    ask(acme, work)
    with pytest.raises(IdempotencyConflict):
        ask(acme, work, asked="that")
    assert work.times == 1


@pytest.mark.django_db
def test_keys_are_each_callers_own(acme: Tenant, globex: Tenant, work: Work) -> None:
    ask(acme, work)
    assert [ask(acme, work, by=System("second")), ask(globex, work), ask(acme, work, key="other")] == [
        *(({"times": 2}, False), ({"times": 3}, False), ({"times": 4}, False)),
    ]


@pytest.mark.django_db
def test_what_failed_may_be_tried_again(acme: Tenant, work: Work) -> None:
    def fail() -> None:
        raise Invalid

    with pytest.raises(Invalid):
        ask(acme, fail)
    assert ask(acme, work) == ({"times": 1}, False)


@pytest.mark.django_db
def test_the_row_does_not_say_what_was_asked(acme: Tenant, work: Work) -> None:
    ask(acme, work, asked="account 7")
    with within(acme.id):
        row = AnsweredRequest.objects.get()
    assert (len(row.digest), row.answer) == (64, {"times": 1})


@pytest.mark.django_db(transaction=True)
def test_who_comes_meanwhile_waits_and_is_answered_the_same(acme: Tenant, work: Work) -> None:
    claimed, go_on = Event(), Event()

    def slowly() -> dict[str, int]:
        claimed.set()
        assert go_on.wait(20)
        return work()

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(in_another_connection, lambda: ask(acme, slowly))
        assert claimed.wait(20)
        second = threads.submit(in_another_connection, lambda: ask(acme, work))
        until(somebody_waits_for_a_lock)
        go_on.set()
        assert (first.result(), second.result()) == (({"times": 1}, False), ({"times": 1}, True))


@pytest.mark.django_db
def test_it_forgets_after_a_day(acme: Tenant, globex: Tenant, work: Work) -> None:
    for tenant in (acme, globex):
        ask(tenant, work, key="old")
    with platform():
        AnsweredRequest.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    ask(acme, work, key="new")
    assert (forget_answers(), forget_answers()) == (2, 0)
    assert (ask(acme, work, key="new")[1], ask(acme, work, key="old")[1]) == (True, False)


@pytest.mark.django_db
def test_it_forgets_all_that_are_old_enough(acme: Tenant, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_once, "MOST_AT_ONCE", 2)
    for number in range(5):
        ask(acme, work, key=str(number))
    with platform():
        AnsweredRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_answers() == 5
