import random
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from accounts.errors import Unavailable
from accounts.models import Agent, Tenant
from registry import builtins
from registry.execution.types import Mode
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import entries, stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

THRICE = {"attempts": 3}


def test_it_tries_again_where_that_is_safe(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(retries=THRICE, idempotent=True)
    upstream.will(Scripted(503), Scripted(503), Scripted(200))
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 3)
    assert stored(acme, outcome).attempts == 3


@pytest.mark.parametrize(
    "safe",
    [
        {"read_only": True},
        {"idempotent": True},
        {"method": "PUT"},
        {"method": "DELETE"},
    ],
)
def test_it_knows_what_is_safe(
    safe: dict[str, Any], corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    method = safe.pop("method", "POST")
    register(retries=THRICE, definition={"method": method, "url": f"{upstream.url}/contacts"}, **safe)
    upstream.will(Scripted(503), Scripted(200))
    assert corridor.call("crm-find", {"account": 7}).attempts == 2


def test_it_never_sends_twice_what_may_have_had_its_effect(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(retries=THRICE)
    upstream.will(Scripted(503), Scripted(200))
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.attempts, len(upstream.received)) == (Status.FAILED, 1, 1)


def test_it_tries_again_when_nothing_can_have_left(
    corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["127.0.0.1/32"]
    register(retries=THRICE, definition={"method": "POST", "url": "http://127.0.0.1:1/closed"})
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 3)
    assert outcome.error is not None
    assert outcome.error["code"] == "upstream_error"


@pytest.mark.parametrize("status", [300, 302, 304])
def test_it_takes_no_redirect_that_leads_nowhere_for_an_answer(
    status: int, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True, cache_seconds=60)
    upstream.will(Scripted(status, b""), Scripted(200))
    refused, answered = (corridor.call("crm-find", {"account": 7}) for _ in range(2))
    assert refused.status == Status.FAILED
    assert refused.error is not None
    assert (refused.error["code"], refused.error["upstream"]) == ("upstream_error", {"status": status, "body": ""})
    assert (answered.status, answered.cached, len(upstream.received)) == (Status.SUCCEEDED, False, 2)


def test_it_does_not_repeat_the_callers_mistake(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(retries=THRICE, idempotent=True)
    upstream.will(Scripted(400), Scripted(200))
    assert corridor.call("crm-find", {"account": 7}).attempts == 1


def test_it_gives_up_rather_than_wait_past_the_deadline(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(retries=THRICE, idempotent=True, timeout_ms=1000)
    upstream.will(Scripted(429, headers={"Retry-After": "60"}), Scripted(200))
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 1)
    assert outcome.error is not None
    assert outcome.error["retry_after"] == 60.0


def hangs(upstream: Upstream) -> threading.Event:
    leave = threading.Event()
    upstream.will(Scripted(before=lambda: leave.wait(20)))
    return leave


@pytest.mark.parametrize(("safe", "code"), [(True, "timeout"), (False, "outcome_unknown")])
def test_it_does_not_wait_longer_than_it_was_told(
    safe: bool, code: str, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(idempotent=safe)
    leave = hangs(upstream)
    outcome = corridor.call("crm-find", {"account": 7}, timeout_ms=50)
    leave.set()
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"], outcome.error["status"]) == (Status.FAILED, code, 504)


@pytest.mark.parametrize("status", [408, 502, 504])
@pytest.mark.parametrize(("safe", "code"), [(True, "upstream_error"), (False, "outcome_unknown")])
def test_it_does_not_believe_a_gateway_that_nothing_was_done(
    safe: bool, code: str, status: int, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(idempotent=safe)
    upstream.will(Scripted(status, b'{"why": "nobody answers"}'))
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["upstream"]) == (
        code,
        {"status": status, "body": {"why": "nobody answers"}},
    )


def test_it_counts_an_unknown_outcome_against_the_upstream(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    leave = hangs(upstream)
    codes = []
    for _ in range(6):
        outcome = corridor.call("crm-find", {"account": 7}, timeout_ms=30)
        assert outcome.error is not None
        codes.append(outcome.error["code"])
    leave.set()
    assert codes == ["outcome_unknown"] * 5 + ["circuit_open"]


def test_it_refuses_addresses_that_egress_does_not_allow(
    corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    register()
    settings.EGRESS_ALLOW_NETWORKS = []
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["status"]) == ("egress_blocked", 403)
    assert upstream.received == []


@pytest.mark.parametrize("mode", [Mode.SYNC, Mode.STREAM])
def test_it_refuses_what_cannot_be_sent_and_leaves_its_key_free(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, mode: Mode
) -> None:
    definition = {"method": "POST", "url": f"{upstream.url}/contacts/{{account}}"}
    register(definition=definition, input_schema={"type": "object"}, retries=THRICE)
    refused = corridor.call("crm-find", {"account": ".."}, idempotency_key="k", mode=mode)
    assert refused.error is not None
    assert (refused.status, refused.attempts, refused.attempt_log) == (Status.REFUSED, 0, [])
    assert (refused.error["code"], refused.error["errors"][0]["path"]) == ("invalid_input", "$.account")
    assert upstream.received == []
    assert entries(acme, refused) == ["execution.refused"]
    mended = corridor.call("crm-find", {"account": "ada"}, idempotency_key="k", mode=mode)
    assert (mended.status, mended.attempts, mended.replayed) == (Status.SUCCEEDED, 1, False)
    assert [received.path for received in upstream.received] == ["/contacts/ada"]


def test_it_refuses_a_function_that_is_no_longer_there(acme: Tenant, corridor: Corridor, register: Register) -> None:
    async def short_lived(context: builtins.BuiltinContext, values: Mapping[str, Any]) -> Any:
        return None

    builtins.register("short-lived", short_lived)
    register(transport="builtin", definition={"function": "short-lived"})
    builtins.forget("short-lived")
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.status, outcome.attempts, outcome.error["code"]) == (Status.REFUSED, 0, "tool_not_found")


class Fails:
    """A function that fails the first time, in a way that may pass."""

    def __init__(self) -> None:
        self.told: list[builtins.BuiltinContext] = []

    async def __call__(self, context: builtins.BuiltinContext, values: Mapping[str, Any]) -> Any:
        self.told.append(context)
        if len(self.told) == 1:
            raise Unavailable
        return {"done": True}


@pytest.fixture
def fails() -> Iterator[Fails]:
    function = Fails()
    builtins.register("fails", function)
    yield function
    builtins.forget("fails")


@pytest.mark.parametrize(("safe", "attempts"), [({"read_only": True}, 2), ({"idempotent": True}, 2), ({}, 1)])
def test_it_repeats_a_function_where_its_version_says_that_this_is_safe(
    safe: dict[str, Any], attempts: int, corridor: Corridor, register: Register, fails: Fails
) -> None:
    register(transport="builtin", definition={"function": "fails"}, retries=THRICE, **safe)
    assert corridor.call("crm-find", {"account": 7}).attempts == attempts
    assert len(fails.told) == attempts


def test_it_tells_a_function_who_calls_and_one_key_at_every_attempt(
    corridor: Corridor, register: Register, fails: Fails, scout: Agent
) -> None:
    register(transport="builtin", definition={"function": "fails"}, retries=THRICE, idempotent=True)
    outcome = corridor.call("crm-find", {"account": 7}, idempotency_key="the caller's own")
    assert [context.idempotency_key for context in fails.told] == [f"qm-{outcome.id}"] * 2
    caller = fails.told[0].caller
    assert (caller.agent_id, caller.agent_slug, caller.tenant_id) == (scout.id, "scout", scout.tenant_id)


def test_it_tells_a_function_in_a_batch_for_whom_it_is(corridor: Corridor, register: Register, fails: Fails) -> None:
    register(transport="builtin", definition={"function": "fails"})
    calls = [{"id": "a", "tool": "crm-find", "input": {"account": 7}}]
    corridor.post("executions/batch/", {"calls": calls, "end_user": "ada"})
    assert [context.end_user for context in fails.told] == ["ada"]


def test_it_calls_an_endpoint_by_its_operation(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    endpoints = {"stamp": f"{upstream.url}/stamp", "check": f"{upstream.url}/check"}
    register(slug="stamper", definition={}, endpoints=endpoints)
    corridor.call("stamper", {"account": 7}, operation="check")
    [received] = upstream.received
    assert (received.method, received.path, received.json) == ("POST", "/check", {"account": 7})


def test_it_calls_the_only_endpoint_without_being_told(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(slug="stamper", definition={}, endpoints={"stamp": f"{upstream.url}/stamp"})
    corridor.call("stamper", {"account": 7})
    assert [received.path for received in upstream.received] == ["/stamp"]


def test_it_sends_one_key_with_every_attempt_and_so_may_repeat(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    definition = {"method": "POST", "url": f"{upstream.url}/contacts", "idempotency_header": "Idempotency-Key"}
    register(retries=THRICE, definition=definition)
    upstream.will(Scripted(503), Scripted(503), Scripted(200))
    outcome = corridor.call("crm-find", {"account": 7}, idempotency_key="the caller's own")
    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 3)
    assert [received.headers["Idempotency-Key"] for received in upstream.received] == [f"qm-{outcome.id}"] * 3


def test_executions_that_try_for_one_effect_send_one_key(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    definition = {"method": "POST", "url": f"{upstream.url}/contacts", "idempotency_header": "Idempotency-Key"}
    register(definition=definition)
    upstream.will(Scripted(503), Scripted(200))
    for _ in range(2):
        corridor.call("crm-find", {"account": 7}, effect_key="qm-run-1")
    assert [received.headers["Idempotency-Key"] for received in upstream.received] == ["qm-run-1"] * 2


def test_it_tells_of_an_attempt_that_never_left(corridor: Corridor, register: Register, settings: Any) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["127.0.0.1/32:1"]
    register(definition={"method": "POST", "url": "http://127.0.0.1:1/"})
    [attempt] = corridor.call("crm-find", {"account": 7}).attempt_log
    assert attempt == {"number": 1, "code": "upstream_error", "sent": False, "pause_ms": None}


def test_it_sends_no_key_where_none_is_asked_for(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    corridor.call("crm-find", {"account": 7}, idempotency_key="k")
    assert "Idempotency-Key" not in upstream.received[0].headers


def test_it_tells_how_each_attempt_ended(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(retries={"attempts": 3, "first_backoff_ms": 1}, idempotent=True)
    upstream.will(Scripted(503), Scripted(429, headers={"Retry-After": "0"}), Scripted(200))
    outcome = corridor.call("crm-find", {"account": 7})
    first, second, third = outcome.attempt_log
    assert (first["number"], first["code"], first["status"]) == (1, "upstream_error", 503)
    assert 0 <= first["pause_ms"] <= 1
    assert second == {"number": 2, "code": "upstream_error", "status": 429, "pause_ms": 0}
    assert third == {"number": 3, "code": None, "pause_ms": None}
    assert stored(acme, outcome).attempt_log == outcome.attempt_log


def test_it_waits_a_random_time_below_a_ceiling_that_doubles(
    corridor: Corridor, register: Register, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []

    def highest(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", highest)
    register(retries={"attempts": 4, "first_backoff_ms": 20, "max_backoff_ms": 50}, idempotent=True)
    upstream.will(Scripted(503))
    log = corridor.call("crm-find", {"account": 7}).attempt_log
    assert [each["pause_ms"] for each in log] == [20, 40, 50, None]
    assert {(0, 0.02), (0, 0.04), (0, 0.05)} <= set(asked)


def test_it_tells_nothing_of_attempts_where_the_first_was_answered(corridor: Corridor, register: Register) -> None:
    register(retries=THRICE)
    assert corridor.call("crm-find", {"account": 7}).attempt_log == []


def test_it_says_when_it_gave_up(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(retries={"attempts": 2, "first_backoff_ms": 1}, idempotent=True)
    upstream.will(Scripted(500))
    log = corridor.call("crm-find", {"account": 7}).attempt_log
    assert [(each["number"], each["code"], each["pause_ms"] is None) for each in log] == [
        (1, "upstream_error", False),
        (2, "upstream_error", True),
    ]


@pytest.mark.parametrize(
    ("on_status", "answer", "attempts"), [([503], 500, 1), ([503], 503, 2), ([409], 409, 2), ([], 503, 1)]
)
def test_it_tries_again_after_the_answers_that_the_version_names(
    corridor: Corridor, register: Register, upstream: Upstream, on_status: list[int], answer: int, attempts: int
) -> None:
    register(retries={"attempts": 2, "first_backoff_ms": 1, "on_status": on_status}, idempotent=True)
    upstream.will(Scripted(answer), Scripted(200))
    assert corridor.call("crm-find", {"account": 7}).attempts == attempts
