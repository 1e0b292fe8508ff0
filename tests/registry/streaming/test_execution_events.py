"""`GET executions/{id}/events/` as it is served, driven by the rows of PostgreSQL."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from accounts.authenticate import authenticate
from accounts.keys import revoke_key
from accounts.models import Agent, ApiKey, AuditEntry, Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.api import execution_events
from registry.api.execution_events import STREAMS_PER_KEY
from registry.execution import news, shared
from registry.execution.sealed_output import sealed_output
from registry.execution.types import Told
from registry.following import State, follow, state_of
from registry.models import Execution, Tool
from registry.models.execution import Status, WaitsFor
from tests.cast import CASTING
from tests.registry.execution.rows import executions
from tests.registry.streaming.conftest import Event, Open, Stream
from tests.registry.streaming.server import Script

pytestmark = pytest.mark.django_db(transaction=True)

Register = Callable[..., Tool]
HERE = "192.0.2.1"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def waiting(acme: Tenant, scout: Agent) -> UUID:
    """An execution that waits for a worker."""
    with within(acme.id):
        row = Execution.objects.create(
            tenant=acme,
            agent=scout,
            tool_slug="crm-find",
            status=Status.PENDING,
            waits_for=WaitsFor.WORKER,
            mode="async",
            input={},
            started_at=NOW,
        )
    return row.id


@pytest.fixture
def change(acme: Tenant, waiting: UUID) -> Callable[..., Any]:
    def update(**facts: Any) -> None:
        with within(acme.id):
            Execution.objects.filter(id=waiting).update(**facts)

    return lambda **facts: in_database_thread(update, **facts)


def running(fraction: float | None = None) -> dict[str, Any]:
    progress = None if fraction is None else {"fraction": fraction, "message": "", "at": f"{NOW.isoformat()}{fraction}"}
    return {"status": Status.RUNNING, "waits_for": "", "run": 1, "progress": progress}


DONE = {"status": Status.SUCCEEDED, "output": {"ok": True}, "finished_at": NOW}


async def next_of(stream: Stream) -> Event:
    event = await stream.next()
    assert event is not None
    return event


async def test_it_tells_each_change_until_the_end(waiting: UUID, change: Callable[..., Any], open_stream: Open) -> None:
    async with open_stream("GET", f"executions/{waiting}/events/", Accept="text/event-stream") as stream:
        assert (stream.response.status, stream.response.headers["X-Accel-Buffering"]) == (200, "no")
        first = await next_of(stream)
        assert (first.event, first.data["status"], first.data["waits_for"]) == ("state", "pending", "worker")
        await change(**running())
        second = await next_of(stream)
        assert (second.event, second.data["status"], second.data["id"]) == ("state", "running", str(waiting))
        await change(**running(0.5))
        third = await next_of(stream)
        assert (third.event, third.data["fraction"]) == ("progress", 0.5)
        await change(**DONE)
        [end] = await stream.rest()
    assert (end.event, end.data["status"], end.data["output"]) == ("end", "succeeded", {"ok": True})
    assert len({first.id, second.id, third.id, end.id}) == 4


async def test_it_tells_an_ended_one_once_and_closes(
    waiting: UUID, change: Callable[..., Any], open_stream: Open
) -> None:
    await change(**DONE)
    path = f"executions/{waiting}/events/"
    async with open_stream("GET", path) as stream:
        [end] = await stream.rest()
    assert (end.event, end.data["status"]) == ("end", "succeeded")
    async with open_stream("GET", path, **{"Last-Event-ID": end.id}) as again:
        assert again.response.status == 204


async def test_it_tells_the_caller_at_the_end_what_it_may_be_told(
    acme: Tenant, waiting: UUID, change: Callable[..., Any], open_stream: Open
) -> None:
    def seal() -> bytes | None:
        with within(acme.id):
            told = {"email": "ada@example.com"}
            return sealed_output(acme.id, waiting, Told(told, {"email": "[redacted:email]"}, whole=told))

    sealed = await in_database_thread(seal)
    await change(status=Status.SUCCEEDED, waits_for="", output={"email": "[redacted:email]"}, sealed_output=sealed)
    async with open_stream("GET", f"executions/{waiting}/events/") as stream:
        [end] = await stream.rest()
    assert end.data["output"] == {"email": "ada@example.com"}


async def test_it_goes_on_where_the_last_stream_ended(
    waiting: UUID, change: Callable[..., Any], open_stream: Open
) -> None:
    path = f"executions/{waiting}/events/"
    async with open_stream("GET", path) as stream:
        first = await next_of(stream)
    async with open_stream("GET", path, **{"Last-Event-ID": first.id}) as again:
        await change(**running())
        assert (await next_of(again)).data["status"] == "running"
    async with open_stream("GET", path, **{"Last-Event-ID": first.id}) as missed:
        assert (await next_of(missed)).data["status"] == "running"


async def test_it_follows_a_call_that_is_being_made(
    acme: Tenant, tool: Register, script: Script, open_stream: Open
) -> None:
    await in_database_thread(tool)
    script.will_send(b'{"ok": true}', content_type="application/json")

    async def call() -> None:
        async with open_stream("POST", "tools/crm-find/execute/", {"input": {"account": 7}}) as answer:
            await answer.response.read()

    calling = asyncio.ensure_future(call())
    assert await asyncio.to_thread(script.arrived.wait, 20)
    [row] = await in_database_thread(executions, acme)
    async with open_stream("GET", f"executions/{row.id}/events/") as stream:
        assert (await next_of(stream)).data["status"] == "running"
        script.let_go()
        [end] = await stream.rest()
    await calling
    assert (end.event, end.data["output"]) == ("end", {"ok": True})


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("executions/01900000-0000-7000-8000-00000000dead/events/", {}, 404, "not_found"),
        ("executions/WAITING/events/", {"Last-Event-ID": "a b"}, 400, "malformed_request"),
        ("executions/WAITING/events/", {"Last-Event-ID": "x" * 201}, 400, "malformed_request"),
        ("executions/WAITING/events/?after=1", {}, 422, "invalid_input"),
        ("executions/WAITING/events/", {"Authorization": "Bearer qm_nobody"}, 401, "unauthenticated"),
    ],
)
async def test_it_refuses_with_a_problem(
    path: str, headers: dict[str, str], status: int, code: str, waiting: UUID, open_stream: Open
) -> None:
    sent = {"Accept": "text/event-stream", **headers}
    async with open_stream("GET", path.replace("WAITING", str(waiting)), **sent) as stream:
        problem = await stream.response.json()
    assert (stream.response.status, stream.response.content_type) == (status, "application/problem+json")
    assert problem["code"] == code


async def test_it_shows_nothing_to_another_tenant(waiting: UUID, spy_key: str, open_stream: Open) -> None:
    headers = {"Authorization": f"Bearer {spy_key}"}
    async with open_stream("GET", f"executions/{waiting}/events/", **headers) as stream:
        assert (stream.response.status, (await stream.response.json())["code"]) == (404, "not_found")


async def test_a_key_has_only_so_many_streams(waiting: UUID, open_stream: Open) -> None:
    path = f"executions/{waiting}/events/"
    async with AsyncExitStack() as stack:
        for _ in range(STREAMS_PER_KEY):
            stream = await stack.enter_async_context(open_stream("GET", path))
            assert stream.response.status == 200
        async with open_stream("GET", path) as refused:
            assert (refused.response.status, (await refused.response.json())["code"]) == (429, "rate_limited")
            assert refused.response.headers["Retry-After"] == "5"

    async def is_free() -> bool:
        async with open_stream("GET", path) as stream:
            return stream.response.status == 200

    async with asyncio.timeout(20):
        while not await is_free():  # noqa: ASYNC110  the places are given back as the server hears that we left
            await asyncio.sleep(0.05)


# --- Without a served process ---


async def states(state: State, most: int) -> list[str]:
    found: list[str] = []
    async for change in follow(state):
        if change is not None:
            found.append(change.execution.status)
            if len(found) == most:
                break
    return found


async def test_it_sees_changes_without_redis(
    acme: Tenant, waiting: UUID, change: Callable[..., Any], settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    state = await in_database_thread(state_of, acme.id, waiting)
    following = asyncio.ensure_future(states(state, 1))
    await change(**running())
    assert await following == [Status.RUNNING]


async def test_it_is_woken_by_a_word(
    acme: Tenant, waiting: UUID, change: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.following.SOONEST_SECONDS", 60.0)
    state = await in_database_thread(state_of, acme.id, waiting)
    following = asyncio.ensure_future(states(state, 1))
    await change(**running())

    async def tell_until_heard() -> None:
        while not following.done():
            news.tell(waiting)
            await asyncio.sleep(0.05)

    await asyncio.wait_for(tell_until_heard(), 20)
    assert following.result() == [Status.RUNNING]
    await shared.aclose()


async def frames_for(key: str, tenant: Tenant, execution_id: UUID, seen: str = "") -> AsyncGenerator[bytes, None]:
    """The stream of a key that comes from `HERE`."""
    caller = await in_database_thread(authenticate, f"Bearer {key}", HERE)
    state = await in_database_thread(state_of, tenant.id, execution_id)
    return execution_events._frames(state, seen, f"Bearer {key}", caller)


async def test_it_ends_when_the_key_is_revoked(
    acme: Tenant, waiting: UUID, scout: Agent, scout_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_events, "RECHECK_SECONDS", -1.0)

    def revoke() -> None:
        with within(acme.id):
            revoke_key(key=ApiKey.objects.get(agent=scout), by=CASTING)

    frames = await frames_for(scout_key, acme, waiting)
    assert (await anext(frames)).startswith(b"id: pending:worker:0:\nevent: state\n")
    await in_database_thread(revoke)
    last = await anext(frames)
    assert last.startswith(b"event: error\n")
    assert b'"code":"key_revoked"' in last
    assert [frame async for frame in frames] == []


def let_in(tenant: Tenant, networks: list[str]) -> None:
    with within(tenant.id):
        ApiKey.objects.update(allowed_networks=networks)


def refusals(tenant: Tenant) -> list[dict[str, Any]]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="key.refused").values_list("detail", flat=True))


async def test_it_goes_on_for_a_key_that_comes_from_where_it_may(
    acme: Tenant, waiting: UUID, change: Callable[..., Any], scout_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_events, "RECHECK_SECONDS", -1.0)
    await in_database_thread(let_in, acme, [f"{HERE}/32"])
    frames = await frames_for(scout_key, acme, waiting)
    await anext(frames)
    await change(**DONE)
    assert b"event: end\n" in await anext(frames)
    assert await in_database_thread(refusals, acme) == []


async def test_it_ends_when_the_key_may_not_come_from_there_any_more(
    acme: Tenant, waiting: UUID, scout_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_events, "RECHECK_SECONDS", -1.0)
    frames = await frames_for(scout_key, acme, waiting)
    await anext(frames)
    await in_database_thread(let_in, acme, ["203.0.113.0/24"])
    last = await anext(frames)
    assert last.startswith(b"event: error\n")
    assert b"You come from the address 192.0.2.1" in last
    assert await in_database_thread(refusals, acme) == [{"address": HERE}]


async def test_it_says_that_it_is_alive_and_ends_some_time(
    acme: Tenant, waiting: UUID, scout_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution_events, "KEEP_ALIVE_SECONDS", -1.0)
    monkeypatch.setattr(execution_events, "LONGEST_SECONDS", 0.0)
    frames = [frame async for frame in await frames_for(scout_key, acme, waiting, seen="pending:worker:0:")]
    assert frames == [b": keep-alive\n\n"]
