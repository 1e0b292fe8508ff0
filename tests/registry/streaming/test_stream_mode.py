"""Mode `stream` as it is served: a real web process, a real upstream, a real client."""

import asyncio
import json
import shutil
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from accounts.decisions import Decision
from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from accounts.tenants import change_tenant
from integrations.egress import aclose
from registry.approvals.decide import approve
from registry.execution import shared
from registry.execution.resume import resume
from registry.models import Approval, Tool
from registry.models.execution import Status
from tests.catalogue import manager_of
from tests.patience import until
from tests.registry.execution.rows import executions
from tests.registry.streaming.conftest import Event, Open
from tests.registry.streaming.server import Script
from tests.web import Web

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., Tool]
CALL = {"tool": "crm-find@^1", "input": {"account": 7}, "mode": "stream"}


def chunks(events: list[Event]) -> list[Any]:
    return [event.data["data"] for event in events if event.event == "chunk"]


async def test_it_tells_parts_before_the_upstream_has_ended(
    acme: Tenant, tool: Register, script: Script, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(b'event: delta\ndata: {"text": "Hel"}\n\n', b"data: lo\n\n")
    script.let_go(0)
    async with open_stream("POST", "executions/", CALL) as stream:
        assert stream.response.status == 200
        assert stream.response.headers["Content-Type"] == "text/event-stream"
        assert stream.response.headers["X-Accel-Buffering"] == "no"
        assert "no-store" in stream.response.headers["Cache-Control"]
        start, first = await stream.next(), await stream.next()
        assert start is not None
        assert (start.event, start.data["tool"], start.data["version"]) == ("start", "crm-find", "1.0.0")
        assert first == Event("chunk", {"index": 0, "event": "delta", "data": {"text": "Hel"}}, "0")
        script.let_go(1)
        *rest, end = await stream.rest()
    assert rest == [Event("chunk", {"index": 1, "event": "message", "data": "lo"}, "1")]
    assert (end.event, end.data["status"], end.data["id"]) == ("end", "succeeded", start.data["execution_id"])
    recorded = [{"event": "delta", "data": {"text": "Hel"}}, {"event": "message", "data": "lo"}]
    assert end.data["output"] == recorded
    [row] = await in_database_thread(executions, acme)
    assert (row.status, row.mode, row.output) == (Status.SUCCEEDED, "stream", recorded)


@pytest.mark.parametrize(
    ("content_type", "parts", "told", "recorded"),
    [
        (
            "text/plain; charset=utf-8",
            [b"Hel", "lo Zo\u00eb".encode()],
            ["Hel", "lo Zo\u00eb"],
            "Hello Zo\u00eb",
        ),
        ("text/plain; charset=iso-8859-1", [b"Zo", b"\xeb"], ["Zo", "\u00eb"], "Zo\u00eb"),
        ("application/x-ndjson", [b'{"n": 1}\n{"n"', b": 2}\n\n3"], [{"n": 1}, {"n": 2}, 3], [{"n": 1}, {"n": 2}, 3]),
        ("application/json", [b'{"whole": ', b"true}"], [{"whole": True}], {"whole": True}),
    ],
)
async def test_it_takes_an_answer_apart_by_what_it_is(
    content_type: str, parts: list[bytes], told: Any, recorded: Any, tool: Register, script: Script, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(*parts, content_type=content_type)
    script.let_go()
    async with open_stream("POST", "tools/crm-find/execute/", {"input": {"account": 7}, "mode": "stream"}) as stream:
        events = await stream.rest()
    assert "".join(chunks(events)) == recorded if isinstance(recorded, str) else chunks(events) == told
    assert (events[-1].event, events[-1].data["output"]) == ("end", recorded)


async def test_it_asks_the_upstream_for_a_stream(
    tool: Register, script: Script, service: Any, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(b'data: {"n": 1}\n\n')
    script.let_go()
    async with open_stream("POST", "executions/", CALL, Accept="text/event-stream") as stream:
        await stream.rest()
    assert "Accept: text/event-stream, application/x-ndjson" in service[0].seen[0]


async def test_it_tells_a_failure_before_the_first_part_as_a_problem(
    acme: Tenant, tool: Register, service: Any, open_stream: Open
) -> None:
    service[0].behaviours["/"] = lambda peer: peer.answer(b'{"why": "tired"}', "503 Tired")
    await in_database_thread(tool)
    async with open_stream("POST", "executions/", CALL, Accept="text/event-stream") as stream:
        problem = await stream.response.json()
    assert (stream.response.status, stream.response.content_type) == (502, "application/problem+json")
    assert (problem["code"], problem["upstream"]) == ("upstream_error", {"status": 503, "body": {"why": "tired"}})
    [row] = await in_database_thread(executions, acme)
    assert (str(row.id), row.status) == (problem["execution_id"], Status.FAILED)


async def test_it_streams_no_redirect_that_leads_nowhere(tool: Register, service: Any, open_stream: Open) -> None:
    service[0].behaviours["/"] = lambda peer: peer.answer(
        b'data: {"n": 1}\n\n', "302 Found", Content_Type="text/event-stream"
    )
    await in_database_thread(tool)
    async with open_stream("POST", "executions/", CALL, Accept="text/event-stream") as stream:
        problem = await stream.response.json()
    assert (stream.response.status, problem["code"], problem["upstream"]["status"]) == (502, "upstream_error", 302)


async def test_it_tells_a_failure_after_the_first_part_as_an_event(
    acme: Tenant, tool: Register, script: Script, service: Any, open_stream: Open
) -> None:
    await in_database_thread(tool, retries={"attempts": 3}, idempotent=True)
    script.will_send(b'data: {"n": 1}\n\n', ends=False)
    script.let_go()
    async with open_stream("POST", "executions/", CALL) as stream:
        start, part, error = await stream.rest()
    assert (start.event, part.event, error.event) == ("start", "chunk", "error")
    assert (error.data["code"], error.data["status"]) == ("upstream_error", 502)
    assert error.data["execution_id"] == start.data["execution_id"]
    [row] = await in_database_thread(executions, acme)
    assert (row.status, row.attempts, len(service[0].seen)) == (Status.FAILED, 1, 1)


async def test_it_tries_again_while_nothing_was_told(
    tool: Register, script: Script, service: Any, open_stream: Open
) -> None:
    await in_database_thread(tool, retries={"attempts": 3}, idempotent=True)
    script.will_send(b'data: {"n": 1}\n\n')
    script.let_go()
    first: list[bool] = []

    def fail_once(peer: Any) -> Any:
        if first:
            return script.answer(peer)
        first.append(True)
        return peer.answer(b"", "503 Tired")

    service[0].behaviours["/"] = fail_once
    async with open_stream("POST", "executions/", CALL) as stream:
        events = await stream.rest()
    assert ([event.event for event in events], events[-1].data["attempts"]) == (["start", "chunk", "end"], 2)


async def test_a_client_that_goes_away_is_heard_of_by_the_upstream(
    acme: Tenant, tool: Register, script: Script, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n')
    script.let_go(0)
    async with open_stream("POST", "executions/", CALL) as stream:
        await stream.next()
        await stream.next()
        stream.response.close()
    assert await asyncio.to_thread(script.hung_up.wait, 20)
    await in_database_thread(until, lambda: executions(acme)[0].status != Status.RUNNING)
    [row] = await in_database_thread(executions, acme)
    assert (row.status, row.error and row.error["code"]) == (Status.CANCELLED, "cancelled")


async def test_a_client_that_goes_away_before_the_first_part_is_heard_of_too(
    acme: Tenant, tool: Register, script: Script, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(b'data: {"n": 1}\n\n')

    async def call() -> None:
        async with open_stream("POST", "executions/", CALL):
            pass

    calling = asyncio.ensure_future(call())
    assert await asyncio.to_thread(script.arrived.wait, 20)
    calling.cancel()
    assert await asyncio.to_thread(script.hung_up.wait, 20)
    await in_database_thread(until, lambda: executions(acme)[0].status == Status.CANCELLED)


@pytest.mark.parametrize("more", [{"output_schema": {"type": "object"}}])
async def test_it_refuses_what_only_a_whole_answer_can_have(
    more: dict[str, Any], acme: Tenant, tool: Register, service: Any, open_stream: Open
) -> None:
    await in_database_thread(tool, **more)
    async with open_stream("POST", "executions/", CALL) as stream:
        problem = await stream.response.json()
    assert (stream.response.status, problem["code"]) == (422, "invalid_input")
    assert problem["errors"] == [{"path": "$.mode", "message": "Use `sync` or `async`."}]
    assert "cannot stream" in problem["detail"]
    assert service[0].seen == []
    [row] = await in_database_thread(executions, acme)
    assert row.status == Status.REFUSED


async def test_it_tells_a_whole_answer_as_one_part(tool: Register, open_stream: Open) -> None:
    await in_database_thread(tool, slug="clock", transport="builtin", definition={"function": "clock"})
    body = {"tool": "clock", "input": {"account": 7}, "mode": "stream"}
    async with open_stream("POST", "executions/", body) as stream:
        start, part, end = await stream.rest()
    assert (start.event, end.event) == ("start", "end")
    assert part == Event("chunk", {"index": 0, "data": end.data["output"]}, "0")


async def test_it_replays_under_a_key_as_start_and_end(
    acme: Tenant, tool: Register, script: Script, service: Any, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(b'data: {"n": 1}\n\n')
    script.let_go()
    ends = []
    for _ in range(2):
        async with open_stream("POST", "executions/", CALL, **{"Idempotency-Key": "k-1"}) as stream:
            events = await stream.rest()
        ends.append((events[0], events[-1].event, events[-1].data["id"], events[-1].data["output"]))
    assert ends[0] == ends[1]
    started, _, execution_id, _ = ends[0]
    assert started == Event("start", {"execution_id": execution_id, "tool": "crm-find", "version": "1.0.0"})
    assert (len(events), len(service[0].seen), len(await in_database_thread(executions, acme))) == (2, 1, 1)
    async with open_stream(
        "POST", "executions/", {**CALL, "input": {"account": 8}}, **{"Idempotency-Key": "k-1"}
    ) as other:
        assert (other.response.status, (await other.response.json())["code"]) == (409, "idempotency_conflict")


async def test_an_empty_answer_has_no_parts(tool: Register, script: Script, service: Any, open_stream: Open) -> None:
    service[0].behaviours["/"] = lambda peer: peer.answer(b"", Content_Type="text/event-stream")
    await in_database_thread(tool)
    async with open_stream("POST", "executions/", CALL) as stream:
        start, end = await stream.rest()
    assert (start.event, end.event, end.data["output"]) == ("start", "end", None)


async def test_it_is_cancelled_by_its_id(acme: Tenant, tool: Register, script: Script, open_stream: Open) -> None:
    await in_database_thread(tool)
    script.will_send(b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n')
    script.let_go(0)
    async with open_stream("POST", "executions/", CALL) as stream:
        start = await stream.next()
        assert start is not None
        async with open_stream("POST", f"executions/{start.data['execution_id']}/cancel/") as cancelling:
            assert cancelling.response.status == 202
        *_, error = await stream.rest()
    assert (error.event, error.data["code"], error.data["status"]) == ("error", "cancelled", 499)
    assert await asyncio.to_thread(script.hung_up.wait, 20)
    [row] = await in_database_thread(executions, acme)
    assert row.status == Status.CANCELLED


async def test_it_masks_a_secret_that_is_split_over_parts(tool: Register, script: Script, open_stream: Open) -> None:
    secret = "sk-ant-" + "a1B2c3D4" * 4
    await in_database_thread(partial(tool, redaction={"returned": {"secrets": "mask"}}))
    words = ["my key is ", secret[:9], secret[9:20], secret[20:], " and that is it"]
    script.will_send(*(f'data: {{"delta": "{word}"}}\n\n'.encode() for word in words))
    script.let_go()
    async with open_stream("POST", "executions/", CALL) as stream:
        events = await stream.rest()
    told = "".join(part["delta"] for part in chunks(events))
    assert told == "my key is [redacted:anthropic-key] and that is it"


async def test_what_is_large_is_kept_as_an_artifact(tool: Register, script: Script, open_stream: Open) -> None:
    await in_database_thread(tool)
    script.will_send(*[b"so many words of one text " * 1000] * 20, content_type="text/plain")
    script.let_go()
    async with open_stream("POST", "executions/", CALL) as stream:
        *_, end = await stream.rest()
    assert (end.event, end.data["status"], end.data["artifact"]["size"]) == ("end", "succeeded", 520_000)
    async with open_stream("GET", f"executions/{end.data['id']}/artifact/?offset=519975&limit=25") as rest:
        assert "one text " in (await rest.response.read()).decode()


async def test_a_call_that_somebody_has_to_approve_waits_like_any_other(
    acme: Tenant, tool: Register, service: Any, script: Script, open_stream: Open, settings: Any
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["127.0.0.1/32"]

    def ask_about_everything() -> None:
        with within(acme.id):
            change_tenant(tenant=acme, changes={"default_decision": Decision.ASK}, by=manager_of(acme))

    await in_database_thread(tool)
    await in_database_thread(ask_about_everything)
    async with open_stream("POST", "executions/", CALL) as stream:
        waiting = await stream.response.json()
    assert (stream.response.status, waiting["status"], waiting["waits_for"]) == (202, "pending", "approval")
    assert (waiting["mode"], service[0].seen) == ("stream", [])

    def approve_it() -> None:
        with within(acme.id):
            approve(approval=Approval.objects.get(), by=manager_of(acme))

    async with open_stream("GET", f"executions/{waiting['id']}/events/") as events:
        first = await events.next()
        assert first is not None
        await in_database_thread(approve_it)
        script.will_send(b'data: {"n": 1}\n\n')
        script.let_go()
        await resume(acme.id, UUID(waiting["id"]))
        *_, end = await events.rest()
    assert (first.event, end.event, end.data["status"]) == ("state", "end", "succeeded")
    assert end.data["output"] == [{"event": "message", "data": {"n": 1}}]
    await aclose()
    await shared.aclose()


@pytest.mark.skipif(shutil.which("curl") is None, reason="No curl on PATH.")
async def test_curl_prints_each_part_as_it_comes(
    tool: Register, script: Script, streaming_web: Web, scout_key: str
) -> None:
    await in_database_thread(tool)
    script.will_send(b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n')
    script.let_go(0)
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-sN", f"{streaming_web.url}/api/v1/executions/", "-d", json.dumps(CALL)),
        *("-H", f"Authorization: Bearer {scout_key}", "-H", "Content-Type: application/json"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert curl.stdout is not None
    async with asyncio.timeout(20):
        first = await curl.stdout.readuntil(b'"data":{"n":1},"event":"message"}\n\n')
        assert first.startswith(b"event: start\n")
        script.let_go(1)
        rest = await curl.stdout.read()
    assert (rest.count(b"event: chunk\n"), rest.count(b"event: end\n"), await curl.wait()) == (1, 1, 0)
