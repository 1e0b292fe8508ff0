"""`executions/batch/`: many calls, an outcome for each."""

import json
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Agent, ApiKey, AuditEntry, Tenant
from accounts.tenancy import within
from registry.artifacts.storage import LocalArtifacts
from registry.execution import resolve
from registry.execution.resolve import find_target
from registry.execution.types import Target
from registry.models import Batch, Execution, Tool
from registry.permissions.rules import make_rule
from tests.catalogue import manager_of
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.batches.answering import Answering, says
from tests.registry.batches.conftest import Offer, offer, upstream
from tests.registry.execution.rows import executions
from tests.upstream import Scripted

__all__ = ["offer", "upstream"]
pytestmark = pytest.mark.django_db(transaction=True)

DOOR = "executions/batch/"


def send(corridor: Corridor, *calls: dict[str, Any], key: str | None = None, **more: Any) -> Any:
    headers = {"idempotency_key": key} if key else {}
    answer = corridor.post(DOOR, {"calls": list(calls), **more}, **headers)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def statuses(answer: Any) -> list[tuple[str, str]]:
    return [(outcome["id"], outcome["status"]) for outcome in answer["outcomes"]]


def refused(answer: Any) -> tuple[int, str, list[str]]:
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    return answer.status_code, body["code"], [fault["path"] for fault in body.get("errors", [])]


def call(name: str, tool: str = "echo", **more: Any) -> dict[str, Any]:
    return {"id": name, "tool": tool, **more}


def test_it_refers_to_the_whole_of_a_large_output(
    corridor: Corridor, offer: Offer, upstream: Answering, folder: LocalArtifacts
) -> None:
    offer("many", artifact_threshold_bytes=1000)
    offer("echo")
    upstream.on("/many", says({"items": [{"id": number, "note": "n" * 50} for number in range(500)]}))
    calls = (call("a", "many"), call("b", input={"last": {"$from": "a", "path": "$.items[499].id"}}))
    many, echo = send(corridor, *calls, key="k-1")["outcomes"]
    assert len(many["output"]["items"]) < 50
    assert echo["output"] == {"last": 499}


def test_it_gives_an_outcome_for_each_in_the_order_of_the_request(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    answer = send(corridor, call("b", input={"n": 2}), call("a", "echo@^1", input={"n": 1}))
    assert [(each["id"], each["status"], each["output"], each["error"]) for each in answer["outcomes"]] == [
        ("b", "succeeded", {"n": 2}, None),
        ("a", "succeeded", {"n": 1}, None),
    ]
    rows = {str(row.id): row for row in executions(acme)}
    assert {each["execution_id"] for each in answer["outcomes"]} == rows.keys()
    assert {str(row.parent_id) for row in rows.values()} == {answer["id"]}


def test_it_runs_independent_calls_side_by_side(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("meet")
    all_there = threading.Barrier(5)
    upstream.on("/meet", Scripted(before=lambda: all_there.wait(10)))
    answer = send(corridor, *(call(f"c{n}", "meet") for n in range(5)))
    assert {status for _, status in statuses(answer)} == {"succeeded"}


def test_it_looks_each_tool_up_once(
    corridor: Corridor, offer: Offer, upstream: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer("echo")
    looked_up: list[str] = []

    def find(tenant_id: UUID, slug: str, wanted: str, end_user: str) -> Target:
        looked_up.append(f"{slug}@{wanted}")
        return find_target(tenant_id, slug, wanted, end_user)

    monkeypatch.setattr(resolve, "find_target", find)
    send(corridor, *(call(f"c{n}") for n in range(20)), *(call(f"d{n}", "echo@^1") for n in range(20)))
    assert sorted(looked_up) == ["echo@", "echo@^1"]


def revoke(tenant: Tenant) -> None:
    with within(tenant.id):
        ApiKey.objects.update(revoked_at=timezone.now())


def disable(tenant: Tenant) -> None:
    with within(tenant.id):
        Agent.objects.update(enabled=False)


def deny(tenant: Tenant) -> None:
    with within(tenant.id):
        facts = {"name": "No", "effect": "deny", "tools": ["echo"]}
        make_rule(tenant_id=tenant.id, by=manager_of(tenant), facts=facts)


@pytest.mark.parametrize(
    ("take_away", "status", "code"),
    [(deny, "refused", "forbidden"), (revoke, "failed", "key_revoked"), (disable, "failed", "forbidden")],
)
def test_it_makes_no_call_that_its_caller_may_not_make_any_more(
    take_away: Callable[[Tenant], None],
    status: str,
    code: str,
    acme: Tenant,
    corridor: Corridor,
    offer: Offer,
    upstream: Answering,
) -> None:
    offer("slow")
    offer("echo")
    arrived, leave = threading.Event(), threading.Event()

    def wait() -> None:
        arrived.set()
        leave.wait(10)

    upstream.on("/slow", Scripted(before=wait))
    send(corridor, call("before", input={"n": 1}))  # so that what is known of the tool is kept
    calls = [call("first", "slow"), call("second", "echo", depends_on=["first"])]
    running = corridor.loop.start(corridor.api.post(DOOR, {"calls": calls}))
    assert arrived.wait(10)
    take_away(acme)
    leave.set()
    answer = running.result(20).json()
    assert statuses(answer) == [("first", "succeeded"), ("second", status)]
    assert answer["outcomes"][1]["error"]["code"] == code
    assert upstream.sent_to("/echo") == [{"n": 1}]


def test_it_runs_no_more_at_once_than_it_may(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("count")
    inside, most, lock = 0, 0, threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.01)
        with lock:
            inside -= 1

    upstream.on("/count", Scripted(before=enter))
    answer = send(corridor, *(call(f"c{n}", "count") for n in range(8)), max_parallel=2)
    assert {status for _, status in statuses(answer)} == {"succeeded"}
    assert most == 2


def test_it_passes_results_on_by_path(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("find")
    offer("echo")
    upstream.on("/find", says({"people": [{"id": 7, "tags": ["a"]}, {"id": 8, "tags": []}]}))
    answer = send(
        corridor,
        call("tell", input={"to": {"$from": "first", "path": "$.who.id"}}),
        call(
            "first",
            input={"who": {"$from": "find", "path": "$.people[0]"}, "all": [{"$from": "find", "path": "$..id"}]},
        ),
        call("find", "find"),
    )
    assert {status for _, status in statuses(answer)} == {"succeeded"}
    assert upstream.sent_to("/echo") == [{"who": {"id": 7, "tags": ["a"]}, "all": [[7, 8]]}, {"to": 7}]


def test_it_runs_what_needs_nothing_of_a_slow_call(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("slow")
    offer("echo")
    leave = threading.Event()
    upstream.on("/slow", Scripted(before=lambda: leave.wait(10)))
    upstream.on("/echo", lambda body: Scripted(before=leave.set) if body == {"n": 3} else says(body))
    answer = send(
        corridor,
        call("slow", "slow"),
        call("a", input={"n": 1}),
        call("b", input={"n": 2}, depends_on=["a"]),
        call("c", input={"n": 3}, depends_on=["b"]),
        max_parallel=2,
    )
    assert {status for _, status in statuses(answer)} == {"succeeded"}


def test_it_gives_every_call_an_outcome_whatever_fails(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    offer("broken")
    offer("off", enabled=False)
    upstream.on("/broken", says({"sorry": True}, 500))
    answer = send(
        corridor,
        call("fine"),
        call("broken", "broken"),
        call("unknown", "no-such-tool"),
        call("off", "off"),
        call("range", "echo@^7"),
        call("after", depends_on=["broken"]),
        call("lost", input={"x": {"$from": "fine", "path": "$.nothing"}}),
    )
    assert [(each["id"], each["status"], (each["error"] or {}).get("code")) for each in answer["outcomes"]] == [
        ("fine", "succeeded", None),
        ("broken", "failed", "upstream_error"),
        ("unknown", "refused", "tool_not_found"),
        ("off", "refused", "tool_disabled"),
        ("range", "refused", "version_not_found"),
        ("after", "skipped", "skipped"),
        ("lost", "skipped", "skipped"),
    ]
    after, lost = answer["outcomes"][5:]
    assert after["error"]["detail"] == "This was not called, because it needs `broken`, which ended as failed."
    assert (after["error"]["call"], after["execution_id"], after["output"]) == ("broken", None, None)
    assert lost["error"]["detail"] == "The output of `fine` has nothing at `$.nothing`."
    assert len(executions(acme)) == 5


def test_it_validates_what_was_filled_in_as_any_input(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("echo")
    offer("strict", input_schema={"type": "object", "properties": {"n": {"type": "integer"}}})
    answer = send(
        corridor, call("a", input={"n": "seven"}), call("b", "strict", input={"n": {"$from": "a", "path": "$.n"}})
    )
    assert statuses(answer) == [("a", "succeeded"), ("b", "refused")]
    assert answer["outcomes"][1]["error"]["errors"][0]["path"] == "$.n"
    assert upstream.sent_to("/strict") == []


def test_it_starts_nothing_new_after_a_failure_when_told_to_abort(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    answer = send(corridor, call("a", "no-such-tool"), call("b"), call("c"), on_error="abort", max_parallel=1)
    assert statuses(answer) == [("a", "refused"), ("b", "aborted"), ("c", "aborted")]
    assert answer["outcomes"][1]["error"]["call"] == "a"
    assert upstream.received == []
    assert len(executions(acme)) == 1


def test_it_starts_nothing_after_its_time(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("slow")
    answer = send(corridor, call("a", "slow"), call("b", "slow", depends_on=["a"]), timeout_ms=1)
    assert [status for _, status in statuses(answer)][1] in {"skipped", "aborted"}
    assert len(upstream.received) <= 1


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["$.calls"]),
        ({"calls": []}, ["$.calls"]),
        ({"calls": {}}, ["$.calls"]),
        ({"calls": [call("a")] * 101}, ["$.calls"]),
        ({"calls": [call("a")], "parallel": 3}, ["$.parallel"]),
        ({"calls": [call("a")], "max_parallel": 0}, ["$.max_parallel"]),
        ({"calls": [call("a")], "max_parallel": 101}, ["$.max_parallel"]),
        ({"calls": [call("a")], "max_parallel": "3"}, ["$.max_parallel"]),
        ({"calls": [call("a")], "on_error": "stop"}, ["$.on_error"]),
        ({"calls": [call("a")], "timeout_ms": 0}, ["$.timeout_ms"]),
        ({"calls": [call("a"), call("a")]}, ["$.calls[1].id"]),
        ({"calls": [call("a", depends_on=["a"])]}, ["$.calls[0].depends_on[0]"]),
        ({"calls": [call("a", depends_on=["b"])]}, ["$.calls[0].depends_on[0]"]),
        ({"calls": [call("a", input={"x": {"$from": "a", "path": "x"}})]}, ["$.calls[0].input.x.path"]),
        ({"calls": [call("a", mode="async")]}, ["$.calls[0].mode"]),
        ({"calls": [call("a", depends_on=["b"]), call("b", depends_on=["a"])]}, ["$.calls[0]"]),
    ],
)
def test_it_refuses_a_bad_batch_before_anything_runs(
    body: Any, places: list[str], acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    assert refused(corridor.post(DOOR, body)) == (422, "invalid_input", places)
    assert (upstream.received, executions(acme)) == ([], [])


def test_it_needs_the_right_to_call(acme: Tenant, corridor: Corridor, offer: Offer, spy_corridor: Corridor) -> None:
    offer("echo")
    answer = send(spy_corridor, call("a"))
    assert answer["outcomes"][0]["error"]["code"] == "tool_not_found"
    assert executions(acme) == []
    assert refused(corridor.as_("qm_nonsense").post(DOOR, {"calls": [call("a")]}))[0] == 401


def test_it_replays_a_batch_under_its_key(acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("echo")
    calls = [
        call("a", input={"n": 1}),
        call("b", input={"n": {"$from": "a", "path": "$.n"}}),
        call("c", "no-such-tool"),
    ]
    first = send(corridor, *calls, key="k-1")
    again = send(corridor, *calls, key="k-1")
    assert again["id"] == first["id"]
    assert [each["execution_id"] for each in again["outcomes"][:2]] == [
        each["execution_id"] for each in first["outcomes"][:2]
    ]
    assert statuses(again) == statuses(first)
    assert len(upstream.received) == 2
    assert {row.idempotency_key for row in executions(acme)} == {"k-1:a", "k-1:b", None}


def test_it_refuses_another_batch_under_the_same_key(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    send(corridor, call("a"), key="k-1")
    for other in ({"calls": [call("b")]}, {"calls": [call("a")], "on_error": "abort"}):
        assert refused(corridor.post(DOOR, other, idempotency_key="k-1")) == (409, "idempotency_conflict", [])
    assert len(upstream.received) == 1
    assert len(executions(acme)) == 1


def test_it_goes_on_where_a_batch_was_cut_off(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    calls = [call("a", input={"n": 1}), call("b", input={"n": {"$from": "a", "path": "$.n"}})]
    first = send(corridor, *calls, key="k-1")
    with within(acme.id):
        Execution.objects.filter(idempotency_key="k-1:b").delete()
    again = send(corridor, *calls, key="k-1")
    assert statuses(again) == [("a", "succeeded"), ("b", "succeeded")]
    assert again["outcomes"][0]["execution_id"] == first["outcomes"][0]["execution_id"]
    assert upstream.sent_to("/echo") == [{"n": 1}, {"n": 1}, {"n": 1}]


def test_it_passes_on_what_is_stored_masked_where_a_batch_was_cut_off(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    offer("login")
    upstream.on("/login", says({"token": "s3cret-s3cret-s3cret", "name": "ada"}))
    calls = [
        call("a", "login"),
        call("b", input={"x": {"$from": "a", "path": "$.token"}}),
        call("c", input={"x": {"$from": "a", "path": "$.name"}}),
    ]
    send(corridor, *calls, key="k-1")
    with within(acme.id):
        Execution.objects.filter(idempotency_key__in=["k-1:b", "k-1:c"]).delete()
    again = send(corridor, *calls, key="k-1")
    assert statuses(again) == [("a", "succeeded"), ("b", "succeeded"), ("c", "succeeded")]
    assert [each.output for each in executions(acme) if each.tool_slug == "login"] == [
        {"token": "[redacted:field]", "name": "ada"}
    ]
    assert {"x": "s3cret-s3cret-s3cret"} in [json.loads(each.body) for each in upstream.received[-2:]]


def test_it_passes_nothing_masked_on_where_a_batch_was_cut_off(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    offer("login")
    with within(acme.id):
        Tool.objects.filter(slug="login").update(redaction={"returned": {"fields": "mask"}})
    upstream.on("/login", says({"token": "s3cret-s3cret-s3cret", "name": "ada"}))
    calls = [call("a", "login"), call("b", input={"x": {"$from": "a", "path": "$.token"}})]
    send(corridor, *calls, key="k-1")
    with within(acme.id):
        Execution.objects.filter(idempotency_key="k-1:b").delete()
    again = send(corridor, *calls, key="k-1")
    assert statuses(again) == [("a", "succeeded"), ("b", "skipped")]
    assert "what is secret of its output was not kept" in str(again["outcomes"][1]["error"])


def test_it_keeps_two_agents_keys_apart(
    globex: Tenant, corridor: Corridor, spy_corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    offer("echo", tenant=globex)
    ours, theirs = (send(each, call("a"), key="k-1") for each in (corridor, spy_corridor))
    assert ours["id"] != theirs["id"]
    assert len(upstream.received) == 2
    with within(globex.id):
        assert [str(batch.id) for batch in Batch.objects.all()] == [theirs["id"]]


def test_it_tells_a_call_that_waits_for_a_person_and_skips_what_needs_it(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    offer("pay")
    with within(acme.id):
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts={"name": "ask", "effect": "ask", "tools": ["pay"]})
    answer = send(
        corridor, call("a", "pay"), call("b", input={"x": {"$from": "a"}}), call("c"), on_error="abort", max_parallel=1
    )
    assert statuses(answer) == [("a", "pending"), ("b", "skipped"), ("c", "succeeded")]
    assert "needs `a`, which is not finished" in answer["outcomes"][1]["error"]["detail"]
    assert answer["outcomes"][0]["waits_for"] == "approval"
    assert [received.path for received in upstream.received] == ["/echo"]


def test_it_lists_the_executions_of_a_batch(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    send(corridor, call("z"))
    answer = send(corridor, call("a"), call("b"))
    listed = corridor.get("executions/", {"parent": answer["id"]}).json()["results"]
    assert {each["id"] for each in listed} == {each["execution_id"] for each in answer["outcomes"]}
    assert refused(corridor.get("executions/", {"parent": "nonsense"}))[0] == 422


def test_it_passes_on_trace_conversation_and_provider(acme: Tenant, corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    body = {"calls": [call("a")], "conversation": "c-1", "provider": "openai"}
    corridor.post(DOOR, body, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    [row] = executions(acme)
    assert (row.trace_id, row.conversation, row.provider) == (trace, "c-1", "openai")


def test_it_cancels_all_calls_when_the_caller_goes(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("slow")
    both, leave = threading.Barrier(3), threading.Event()

    def wait() -> None:
        both.wait(10)
        leave.wait(10)

    upstream.on("/slow", Scripted(before=wait))
    calls = [call("a", "slow"), call("b", "slow"), call("c", "slow", depends_on=["a"])]
    running = corridor.loop.start(corridor.api.post(DOOR, {"calls": calls}))
    both.wait(10)
    running.cancel()
    until(lambda: [row.status for row in executions(acme)] == ["cancelled", "cancelled"])
    leave.set()
    assert len(upstream.received) == 2


def test_it_leaves_an_audit_entry_for_each(acme: Tenant, corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    answer = send(corridor, call("a"), call("b"))
    subjects = {f"execution:{each['execution_id']}" for each in answer["outcomes"]}
    with within(acme.id):
        assert (
            set(AuditEntry.objects.filter(action="execution.succeeded").values_list("subject", flat=True)) == subjects
        )
