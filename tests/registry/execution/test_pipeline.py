"""The corridor from end to end: real PostgreSQL, real Valkey, a real upstream."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any

import pytest

from accounts.models import Tenant
from registry import builtins
from registry.execution import redact
from registry.execution.types import StoredForms
from registry.models.execution import Status
from registry.shaping.large import LARGE
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.rows import entries, executions, stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = ["resolve", "permit", "limit", "validate", "open", "ask", "cache", "guard", "send", "shape", "redact"]


@pytest.fixture
def broken() -> Iterator[str]:
    async def break_down(context: builtins.BuiltinContext, values: Mapping[str, Any]) -> Any:
        raise RuntimeError("the secret plan")

    builtins.register("broken", break_down)
    yield "broken"
    builtins.forget("broken")


def test_it_runs_a_tool_and_records_it(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register()
    outcome = corridor.call("crm-find", {"account": 7, "email": "ada@example.com"})
    assert (outcome.status, outcome.output, outcome.attempts) == (Status.SUCCEEDED, {"ok": True}, 1)
    assert [received.json for received in upstream.received] == [{"account": 7, "email": "ada@example.com"}]
    assert list(outcome.timings) == [*STEPS, "record"]
    row = stored(acme, outcome)
    assert (row.status, row.tool_id, row.version, row.output) == (Status.SUCCEEDED, tool.id, "1.0.0", {"ok": True})
    assert set(row.timings) == set(STEPS)
    assert (row.sealed_input, row.lease_until) == (None, None)
    assert entries(acme, outcome) == ["execution.succeeded"]


def test_it_writes_a_read_only_call_once(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register(read_only=True)
    outcome = corridor.call("crm-find", {"account": 7})
    assert "open" not in outcome.timings
    assert stored(acme, outcome).status == Status.SUCCEEDED


def test_it_records_a_refusal_and_sends_nothing(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    outcome = corridor.call("crm-find", {"account": "seven", "password": "hunter2"})
    assert outcome.status == Status.REFUSED
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["status"]) == ("invalid_input", 422)
    assert upstream.received == []
    row = stored(acme, outcome)
    assert row.status == Status.REFUSED
    assert "hunter2" not in str(row.input)
    assert entries(acme, outcome) == ["execution.refused"]


def test_it_records_what_the_upstream_refused(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(404, b'{"error": "no such account"}'))
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.status == Status.FAILED
    assert outcome.error is not None
    assert outcome.error["code"] == "upstream_error"
    assert outcome.error["upstream"] == {"status": 404, "body": {"error": "no such account"}}
    assert stored(acme, outcome).error == outcome.error


def test_it_records_an_unforeseen_failure_without_its_details(
    acme: Tenant, corridor: Corridor, register: Register, broken: str
) -> None:
    register(slug="broken", transport="builtin", definition={"function": broken})
    outcome = corridor.call("broken", {"account": 7})
    assert outcome.status == Status.FAILED
    assert outcome.error is not None
    assert outcome.error["code"] == "internal_error"
    assert "the secret plan" not in str(outcome.error)
    assert stored(acme, outcome).status == Status.FAILED


def test_it_records_a_call_whose_caller_went_away(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    arrived, leave = upstream.will_wait()
    running = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    running.cancel()
    leave.set()
    with pytest.raises(CancelledError):
        running.result(10)
    until(lambda: executions(acme)[0].status != Status.RUNNING)
    assert [(row.status, row.attempts) for row in executions(acme)] == [(Status.CANCELLED, 1)]


def test_it_keeps_tenants_apart(
    acme: Tenant, globex: Tenant, spy_corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    outcome = spy_corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert outcome.error["code"] == "tool_not_found"
    assert upstream.received == []
    assert executions(acme) == []


@pytest.mark.parametrize(("note", "in_the_loop"), [("short", True), ("x" * LARGE, False)])
def test_it_looks_through_a_large_input_while_others_go_on(
    note: str,
    in_the_loop: bool,
    acme: Tenant,
    corridor: Corridor,
    register: Register,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[str] = []

    def looked_through(*args: Any) -> StoredForms:
        threads.append(threading.current_thread().name)
        return redact.stored_forms(*args)

    monkeypatch.setattr("registry.execution.forms.stored_forms", looked_through)
    register(read_only=True)
    outcome = corridor.call("crm-find", {"account": 7, "email": "ada@example.com", "note": note})
    assert [name == "corridor" for name in threads] == [in_the_loop]
    assert stored(acme, outcome).input == {"account": 7, "email": "[redacted:email]", "note": note}
