"""Callers who wait only so long."""

from dataclasses import replace
from typing import Any

import pytest

from accounts.models import Tenant
from accounts.offload import in_database_thread
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.rows import executions
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

EXECUTE = "tools/crm-find/execute/"


def body(wait_ms: int) -> dict[str, Any]:
    return {"input": {"account": 7}, "wait_ms": wait_ms}


def test_it_answers_like_any_call_that_ends_in_time(corridor: Corridor, register: Register) -> None:
    register(read_only=True)
    answer = corridor.post(EXECUTE, body(20_000))
    assert (answer.status_code, answer.json()["status"], answer.json()["output"]) == (200, "succeeded", {"ok": True})


def test_it_tells_a_call_that_goes_on_and_what_to_say_meanwhile(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True, meanwhile="One moment, I am looking it up.")
    arrived, leave = upstream.will_wait()
    answer = corridor.post(EXECUTE, body(0))
    told = answer.json()
    assert (answer.status_code, told["status"], told["output"]) == (202, "running", None)
    assert told["meanwhile"] == "One moment, I am looking it up."
    assert answer["Location"] == f"/api/v1/executions/{told['id']}/"
    assert answer["Retry-After"] == "1"
    assert arrived.wait(10)
    leave.set()
    until(lambda: executions(acme)[0].status == Status.SUCCEEDED)
    ended = corridor.get(f"executions/{told['id']}/").json()
    assert (ended["status"], ended["output"], ended["meanwhile"]) == ("succeeded", {"ok": True}, "")


def test_it_tells_of_a_call_that_goes_on_what_its_limits_said(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(rate_limit={"per_hour": 2})
    _, leave = upstream.will_wait()
    answer = corridor.post(EXECUTE, body(0))
    leave.set()
    assert (answer.status_code, answer["RateLimit-Policy"]) == (202, '"tool-hour";q=2;w=3600')
    assert answer["RateLimit"] == '"tool-hour";r=1;t=1800'
    until(lambda: executions(acme)[0].status == Status.SUCCEEDED)


def test_a_call_that_ends_while_it_is_looked_up_is_told_unmasked(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    _, leave = upstream.will_wait()
    upstream.answers[0] = replace(upstream.answers[0], body=b'{"password": "hunter2"}')

    async def look_up_late(*work: Any) -> Any:
        leave.set()
        await in_database_thread(until, lambda: executions(acme)[0].status == Status.SUCCEEDED)
        return await in_database_thread(*work)

    monkeypatch.setattr("registry.execution.in_time.in_database_thread", look_up_late)
    answer = corridor.post(EXECUTE, body(0))
    assert (answer.status_code, answer.json()["output"]) == (200, {"password": "hunter2"})
    assert executions(acme)[0].output == {"password": "[redacted:field]"}


def test_it_refuses_in_time(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    answer = corridor.post(EXECUTE, {"input": {"account": "seven"}, "wait_ms": 0})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert upstream.received == []


def test_a_failure_after_the_answer_is_recorded(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    upstream.answers[0] = Scripted(404, before=upstream.answers[0].before)
    assert corridor.post(EXECUTE, body(0)).status_code == 202
    assert arrived.wait(10)
    leave.set()
    until(lambda: executions(acme)[0].status == Status.FAILED)


def test_its_key_replays_it_as_it_stands(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    first = corridor.post(EXECUTE, body(0), idempotency_key="k-1")
    assert arrived.wait(10)
    again = corridor.post(EXECUTE, body(20_000), idempotency_key="k-1")
    leave.set()
    assert (again.status_code, again.json()["status"], again.json()["id"]) == (202, "running", first.json()["id"])
    until(lambda: executions(acme)[0].status == Status.SUCCEEDED)
    last = corridor.post(EXECUTE, {"input": {"account": 7}}, idempotency_key="k-1")
    assert (last.status_code, last.json()["output"]) == (200, {"ok": True})
    assert len(upstream.received) == 1


def test_a_caller_who_goes_before_that_cancels_it(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    waiting = corridor.loop.start(corridor.api.post(EXECUTE, body(20_000)))
    assert arrived.wait(10)
    waiting.cancel()
    until(lambda: executions(acme)[0].status == Status.CANCELLED)
    leave.set()


@pytest.mark.parametrize("wait_ms", [-1, 600_001, "5", True, 1.5])
def test_it_refuses_a_time_that_is_none(
    wait_ms: Any, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answer = corridor.post(EXECUTE, {"input": {"account": 7}, "wait_ms": wait_ms})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.wait_ms")
    assert executions(acme) == []


def test_an_async_call_is_answered_at_once(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register(meanwhile="One moment.")
    asked = {"tool": "crm-find", "input": {"account": 7}, "mode": "async"}
    answer = corridor.post("executions/", asked, idempotency_key="k-1")
    told = answer.json()
    assert (answer.status_code, told["status"], told["mode"]) == (202, "pending", "async")
    assert (told["waits_for"], told["meanwhile"]) == ("worker", "One moment.")
    again = corridor.post("executions/", asked, idempotency_key="k-1")
    assert (again.status_code, again.json()["id"]) == (202, told["id"])
    other = corridor.post("executions/", asked | {"mode": "sync"}, idempotency_key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert [row.status for row in executions(acme)] == [Status.PENDING, Status.REFUSED]


def test_an_async_call_takes_no_time_to_wait(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    asked = {"tool": "crm-find", "input": {"account": 7}, "mode": "async", "wait_ms": 5}
    answer = corridor.post("executions/", asked)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "$.wait_ms")
    assert executions(acme) == []
