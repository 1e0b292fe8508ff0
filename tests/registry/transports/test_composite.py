"""Tools that are made of other tools."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import within
from registry.execution.stored_input import stored_input
from registry.execution.types import Outcome, ToolCall
from registry.models import Approval, Execution, Tool, ToolVersion
from registry.models.execution import Status
from registry.permissions.rules import make_rule
from registry.publish import publish_version
from registry.redaction import ToolRedaction
from registry.shaping.large import LARGE
from registry.transports.base import Declared, Dispatch, Nested
from registry.transports.composite import DEEPEST, CompositeTransport
from tests.catalogue import manager_of
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.batches.answering import Answering, says
from tests.registry.batches.conftest import Offer, offer, upstream
from tests.registry.execution.calls import a_caller
from tests.registry.execution.rows import executions, stored
from tests.upstream import Scripted

__all__ = ["offer", "upstream"]
pytestmark = pytest.mark.django_db(transaction=True)

WELCOME: dict[str, Any] = {
    "calls": [
        {"id": "find", "tool": "find", "input": {"email": {"$from": "input", "path": "$.email"}}},
        {"id": "greet", "tool": "greet", "input": {"to": {"$from": "find", "path": "$.name"}}},
        {"id": "log", "tool": "log", "input": {"who": {"$from": "input", "path": "$.email"}}},
    ],
    "output": {"said": {"$from": "greet", "path": "$.said"}, "name": {"$from": "find", "path": "$.name"}},
}


@pytest.fixture
def welcome(offer: Offer, upstream: Answering) -> Tool:
    for slug in ("find", "greet", "log"):
        offer(slug)
    upstream.on("/find", lambda body: says({"name": body["email"].partition("@")[0]}))
    upstream.on("/greet", lambda body: says({"said": f"Hello {body['to']}"}))
    return compose(offer, "welcome", WELCOME)


def compose(offer: Offer, slug: str, definition: dict[str, Any], **changes: Any) -> Tool:
    return offer(slug, transport="composite", definition=definition, **changes)


def children(tenant: Tenant, outcome: Outcome) -> dict[str, str]:
    with within(tenant.id):
        return {row.tool_slug: row.status for row in Execution.objects.filter(parent_id=outcome.id)}


def cause(outcome: Outcome) -> dict[str, Any]:
    assert outcome.error is not None
    found: dict[str, Any] = outcome.error["cause"]
    return found


def test_it_runs_its_calls_with_its_own_input_and_answers_with_its_output(
    acme: Tenant, corridor: Corridor, welcome: Tool, upstream: Answering
) -> None:
    outcome = corridor.call("welcome", {"email": "ada@example.com"})
    assert (outcome.status, outcome.output) == (Status.SUCCEEDED, {"said": "Hello ada", "name": "ada"})
    assert children(acme, outcome) == dict.fromkeys(("find", "greet", "log"), "succeeded")
    assert upstream.sent_to("/log") == [{"who": "ada@example.com"}]


@pytest.mark.parametrize(("note", "in_the_loop"), [("short", True), ("x" * LARGE, False)])
def test_it_masks_a_large_input_of_its_own_while_others_go_on(
    note: str, in_the_loop: bool, corridor: Corridor, welcome: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def masked(call: ToolCall, redaction: ToolRedaction) -> Any:
        threads.append(threading.current_thread().name)
        return stored_input(call, redaction)

    monkeypatch.setattr("registry.execution.send.stored_input", masked)
    outcome = corridor.call("welcome", {"email": "ada@example.com", "note": note})
    assert outcome.output == {"said": "Hello ada", "name": "ada"}
    assert [name == "corridor" for name in threads] == [in_the_loop]


def test_it_is_called_like_any_tool(corridor: Corridor, welcome: Tool) -> None:
    answer = corridor.post("tools/welcome/execute/", {"input": {"email": "ada@example.com"}})
    assert (answer.status_code, answer.json()["output"]["said"]) == (200, "Hello ada")
    listed = corridor.get("executions/", {"parent": answer.json()["id"]}).json()["results"]
    assert [each["tool"] for each in listed if each["trace_id"] == answer.json()["trace_id"]] == [
        each["tool"] for each in listed
    ]
    assert len(listed) == 3


def test_it_answers_with_what_each_call_gave_when_it_does_not_say(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    compose(offer, "both", {"calls": [{"id": n, "tool": "echo", "input": {"n": n}} for n in "ab"]})
    assert corridor.call("both", {}).output == {"a": {"n": "a"}, "b": {"n": "b"}}


def test_it_leaves_out_what_is_optional_and_was_not_given(
    corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    optional = {"$from": "input", "path": "$.note", "optional": True}
    compose(offer, "noted", {"calls": [{"id": "a", "tool": "echo", "input": {"n": 1, "note": optional}}]})
    corridor.call("noted", {})
    corridor.call("noted", {"note": "x"})
    assert upstream.sent_to("/echo") == [{"n": 1}, {"n": 1, "note": "x"}]


def test_it_says_which_call_failed_and_why(
    acme: Tenant, corridor: Corridor, welcome: Tool, upstream: Answering
) -> None:
    upstream.on("/greet", says({"sorry": True}, 500))
    outcome = corridor.call("welcome", {"email": "ada@example.com"})
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.FAILED, "call_failed")
    assert outcome.error["detail"].startswith(
        "The call `greet` of `greet` did not succeed: The tool's service answered"
    )
    found = cause(outcome)
    assert (found["call"], found["status"], found["error"]["code"]) == ("greet", "failed", "upstream_error")
    with within(acme.id):
        assert Execution.objects.get(id=found["execution_id"]).parent_id == outcome.id
    assert stored(acme, outcome).error == outcome.error


def test_it_names_the_cause_and_not_what_was_skipped_for_it(corridor: Corridor, welcome: Tool, offer: Offer) -> None:
    outcome = corridor.call("welcome", {})
    assert outcome.error is not None
    assert (cause(outcome)["call"], cause(outcome)["status"]) == ("find", "skipped")
    assert outcome.error["detail"].endswith("The input has nothing at `$.email`.")


def test_it_gives_what_there_is_when_told_to_go_on(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("echo")
    offer("broken")
    upstream.on("/broken", says({}, 500))
    calls = [{"id": "a", "tool": "echo", "input": {"n": 1}}, {"id": "b", "tool": "broken"}]
    output = {
        "a": {"$from": "a", "path": "$.n"},
        "b": {"$from": "b", "path": "$.n"},
        "why": {"$from": "errors", "path": "$.b.code"},
    }
    compose(offer, "partly", {"calls": calls, "on_error": "continue", "output": output})
    compose(offer, "plainly", {"calls": calls, "on_error": "continue"})
    assert corridor.call("partly", {}).output == {"a": 1, "b": None, "why": "upstream_error"}
    assert corridor.call("plainly", {}).output == {"a": {"n": 1}, "b": None}


def test_it_fails_when_all_calls_failed_however_it_was_told(
    corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("broken")
    upstream.on("/broken", says({}, 500))
    compose(offer, "partly", {"calls": [{"id": "a", "tool": "broken"}], "on_error": "continue"})
    assert corridor.call("partly", {}).status == Status.FAILED


def test_it_fails_when_its_output_cannot_be_made(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    compose(offer, "bad", {"calls": [{"id": "a", "tool": "echo"}], "output": {"$from": "a", "path": "$.x"}})
    outcome = corridor.call("bad", {})
    assert outcome.error is not None
    assert outcome.error["code"] == "invalid_output"
    assert "The output of `a` has nothing at `$.x`." in outcome.error["detail"]


def test_it_calls_as_its_caller_who_may_not_do_everything(
    acme: Tenant, corridor: Corridor, welcome: Tool, upstream: Answering
) -> None:
    with within(acme.id):
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts={"name": "no", "effect": "deny", "tools": ["greet"]})
    outcome = corridor.call("welcome", {"email": "ada@example.com"})
    assert (cause(outcome)["call"], cause(outcome)["error"]["code"]) == ("greet", "forbidden")
    assert upstream.sent_to("/greet") == []


def test_it_does_not_wait_for_a_person(acme: Tenant, corridor: Corridor, welcome: Tool, upstream: Answering) -> None:
    with within(acme.id):
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts={"name": "ask", "effect": "ask", "tools": ["greet"]})
    outcome = corridor.call("welcome", {"email": "ada@example.com"})
    assert outcome.error is not None
    assert cause(outcome)["error"]["code"] == "forbidden"
    assert "A person has to approve calls of `greet`, and a composite cannot wait" in outcome.error["detail"]
    assert upstream.sent_to("/greet") == []
    with within(acme.id):
        assert not Approval.objects.exists()


def test_it_tells_that_nobody_knows_what_became_of_a_call(
    corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("slow", timeout_ms=100)
    leave = threading.Event()
    upstream.on("/slow", Scripted(before=lambda: leave.wait(10)))
    compose(offer, "waits", {"calls": [{"id": "a", "tool": "slow"}]})
    outcome = corridor.call("waits", {})
    leave.set()
    assert outcome.error is not None
    assert (outcome.error["code"], cause(outcome)["call"]) == ("outcome_unknown", "a")


def test_it_gives_its_calls_no_more_time_than_it_has(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("slow")
    leave = threading.Event()
    upstream.on("/slow", Scripted(before=lambda: leave.wait(10)))
    calls = [{"id": "a", "tool": "slow"}, {"id": "b", "tool": "slow", "depends_on": ["a"]}]
    compose(offer, "waits", {"calls": calls}, timeout_ms=200)
    outcome = corridor.call("waits", {})
    leave.set()
    assert outcome.error is not None
    assert outcome.error["code"] == "outcome_unknown"
    assert len(upstream.received) == 1


def test_it_cancels_its_calls_with_itself(acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("slow")
    compose(offer, "waits", {"calls": [{"id": "a", "tool": "slow"}]})
    arrived, leave = threading.Event(), threading.Event()

    def wait() -> None:
        arrived.set()
        leave.wait(10)

    upstream.on("/slow", Scripted(before=wait))
    running = corridor.start("waits", {})
    assert arrived.wait(10)
    running.cancel()
    until(lambda: sorted(row.status for row in executions(acme)) == ["cancelled", "cancelled"])
    leave.set()


async def test_it_tells_how_far_it_is(acme: Tenant) -> None:
    told: list[tuple[float | None, str]] = []

    async def call_tool(nested: Nested) -> Any:
        return Told(nested.tool)

    definition = {"calls": [{"id": "a", "tool": "x"}, {"id": "b", "tool": "y", "depends_on": ["a"]}]}
    dispatch = Dispatch(Declared(definition, {}, {}), {}, "", 1.0, a_caller(tenant_id=acme.id), None)
    dispatch = replace(dispatch, call_tool=call_tool, progress=lambda part, text: told.append((part, text)))
    assert (await CompositeTransport().send(dispatch)).output == {"a": "x", "b": "y"}
    assert told == [(0.5, "1 of 2 calls have ended"), (1.0, "2 of 2 calls have ended")]


@dataclass
class Told:
    output: Any
    status: str = "succeeded"
    error: dict[str, Any] | None = None
    replayed: bool = False
    truncated: dict[str, Any] | None = None
    id: UUID = field(default_factory=new_id)

    @property
    def whole(self) -> Any:
        return self.output

    @property
    def masked(self) -> Any:
        return self.output


def test_it_stands_in_another_one(acme: Tenant, corridor: Corridor, welcome: Tool, offer: Offer) -> None:
    compose(offer, "twice", {"calls": [{"id": n, "tool": "welcome", "input": {"email": f"{n}@x"}} for n in "ab"]})
    outcome = corridor.call("twice", {})
    assert outcome.output == {"a": {"said": "Hello a", "name": "a"}, "b": {"said": "Hello b", "name": "b"}}
    assert children(acme, outcome) == {"welcome": "succeeded"}
    assert len(executions(acme)) == 9


def test_it_ends_when_it_came_to_call_itself(acme: Tenant, corridor: Corridor, offer: Offer) -> None:
    """Not seen when it was published: the circle was closed afterwards, by a version that was not there then."""
    offer("echo")
    once = compose(offer, "once", {"calls": [{"id": "a", "tool": "echo"}]})
    compose(offer, "again", {"calls": [{"id": "a", "tool": "once"}]})
    with within(acme.id):
        definition = {"calls": [{"id": "a", "tool": "again"}]}
        ToolVersion(tool=once, tenant_id=acme.id, version="1.1.0", transport="composite", definition=definition).save(
            force_insert=True
        )
    outcome = corridor.call("again", {})
    assert outcome.error is not None
    assert f"more than {DEEPEST} deep" in outcome.error["detail"]
    assert len(executions(acme)) == DEEPEST + 1


@pytest.mark.parametrize("promise", ["idempotent", "read_only"])
def test_it_does_not_break_its_promise_when_a_newer_version_of_a_tool_does_more(
    promise: str, acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    pay = offer("pay", **{promise: True})
    compose(offer, "shop", {"calls": [{"id": "a", "tool": "pay@^1"}]}, **{promise: True})
    assert corridor.call("shop", {}).status == Status.SUCCEEDED
    with within(acme.id):
        publish_version(tool=pay, by=manager_of(acme), spec={"version": "1.1.0", promise: False})
    outcome = corridor.call("shop", {})
    assert (outcome.status, cause(outcome)["status"], cause(outcome)["error"]["code"]) == (
        Status.FAILED,
        "refused",
        "forbidden",
    )
    assert cause(outcome)["error"]["detail"] == (
        f"`shop` 1.0.0 says that it is `{promise}`, and `pay` 1.1.0 is not, so it was not called. Publish a version of "
        "`shop` that does not say so, or one that calls an earlier version of `pay`."
    )
    assert len(upstream.sent_to("/pay")) == 1


def test_it_makes_no_more_calls_than_it_may_in_all(acme: Tenant, corridor: Corridor, offer: Offer) -> None:
    """Not seen when it was published either: a newer version of what it calls makes more calls."""
    offer("echo")
    offer("off", enabled=False)
    grows = compose(offer, "grows", {"calls": [{"id": "a", "tool": "echo"}]})
    calls = [{"id": f"c{n}", "tool": "grows"} for n in range(4)]
    definition = {"calls": [{"id": "fine", "tool": "echo"}, *calls], "max_parallel": 1, "on_error": "continue"}
    compose(offer, "large", {**definition, "output": {"$from": "errors", "path": "$..detail"}})
    with within(acme.id):
        many = {"calls": [{"id": f"c{n}", "tool": "off"} for n in range(50)], "max_parallel": 1}
        publish_version(tool=grows, by=manager_of(acme), spec={"version": "1.1.0", "definition": many})
    told = corridor.call("large", {}).output
    assert sum("This would be more than 200 calls in all" in detail for detail in told) == 1


async def test_it_can_be_called_inside_the_corridor_only(acme: Tenant) -> None:
    dispatch = Dispatch(
        Declared({"calls": [{"id": "a", "tool": "echo"}]}, {}, {}), {}, "", 1.0, a_caller(tenant_id=acme.id), None
    )
    with pytest.raises(RuntimeError):
        await CompositeTransport().send(dispatch)


def test_it_makes_no_call_that_its_caller_may_not_make_any_more(
    acme: Tenant, corridor: Corridor, welcome: Tool, upstream: Answering
) -> None:
    corridor.call("greet", {"to": "bob"})  # so that what is known of the tool is kept
    arrived, leave = threading.Event(), threading.Event()

    def wait() -> None:
        arrived.set()
        leave.wait(10)

    upstream.on("/find", replace(says({"name": "ada"}), before=wait))
    running = corridor.start("welcome", {"email": "ada@example.com"})
    assert arrived.wait(10)
    with within(acme.id):
        facts = {"name": "No", "effect": "deny", "tools": ["greet"]}
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts=facts)
    leave.set()
    outcome = running.result(20)
    assert (outcome.status, outcome.error and outcome.error["code"]) == (Status.FAILED, "call_failed")
    assert (cause(outcome)["tool"], cause(outcome)["error"]["code"]) == ("greet", "forbidden")
    assert upstream.sent_to("/greet") == [{"to": "bob"}]
