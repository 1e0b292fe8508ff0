"""The frames of a streaming call without a served process: what built-ins emit, signs of life, patience, cancelling."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError

from accounts.api.event_streams import KEEP_ALIVE, EventStreamResponse
from accounts.authenticate import authenticate
from accounts.models import Tenant
from accounts.offload import in_database_thread
from registry import builtins
from registry.api import streaming
from registry.execution.types import Mode, Outcome, Progress, ToolCall
from registry.models.execution import Status
from registry.transports.base import Chunk
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.calls import a_call
from tests.registry.execution.rows import executions

pytestmark = pytest.mark.django_db(transaction=True)


class Speaker:
    """A built-in tool that says its parts when the test lets it."""

    def __init__(self) -> None:
        self.go_on: asyncio.Event = asyncio.Event()
        self.parts: list[Chunk] = []
        self.output: Any = None
        self.told = 0

    async def __call__(self, context: builtins.BuiltinContext, values: Mapping[str, Any]) -> Any:
        await self.go_on.wait()
        for part in self.parts:
            assert context.emit is not None
            await context.emit(part)
            self.told += 1
        return self.output


@pytest.fixture
def speaker(register: Register) -> Iterator[Speaker]:
    speaker = Speaker()
    builtins.register("speaker", speaker)
    register(slug="speaker", transport="builtin", definition={"function": "speaker"})
    yield speaker
    builtins.forget("speaker")


async def begin(corridor: Corridor) -> Outcome | EventStreamResponse:
    caller = await in_database_thread(authenticate, f"Bearer {corridor.key}")
    return await streaming.stream(ToolCall(caller=caller, tool="speaker", input={"account": 7}, mode=Mode.STREAM))


def read(frame: bytes) -> tuple[str, Any]:
    fields = dict(line.split(": ", 1) for line in frame.decode().strip().split("\n"))
    return fields["event"], json.loads(fields["data"])


def test_it_tells_what_a_built_in_emits(corridor: Corridor, speaker: Speaker, acme: Tenant) -> None:
    speaker.go_on.set()
    speaker.parts = [Chunk("Hello ", goes_on=True), Chunk("there", goes_on=True)]

    async def all_frames() -> list[tuple[str, Any]]:
        response = await begin(corridor)
        assert isinstance(response, EventStreamResponse)
        frames = [read(frame) async for frame in response.frames]
        await response.aclose()
        return frames

    frames = corridor.loop.run(all_frames())
    assert [event for event, _ in frames] == ["start", "chunk", "chunk", "end"]
    assert [data["data"] for event, data in frames if event == "chunk"] == ["Hello ", "there"]
    assert (frames[-1][1]["output"], executions(acme)[0].output) == ("Hello there", "Hello there")


def test_it_says_that_it_is_alive_and_begins_before_the_first_part(
    corridor: Corridor, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.05)
    speaker.parts = [Chunk({"n": 1})]

    async def some_frames() -> list[bytes]:
        response = await begin(corridor)
        assert isinstance(response, EventStreamResponse)
        start = await anext(response.frames)
        while start == KEEP_ALIVE:  # where the machine is busy, it is alive before it begins
            start = await anext(response.frames)
        alive = await anext(response.frames)
        speaker.go_on.set()
        frames = [start, alive, *[frame async for frame in response.frames if frame != KEEP_ALIVE]]
        await response.aclose()
        return frames

    start, alive, part, end = corridor.loop.run(some_frames())
    assert (read(start)[0], alive, read(part)[1]["data"], read(end)[0]) == ("start", KEEP_ALIVE, {"n": 1}, "end")


def test_what_fails_after_the_beginning_is_an_event(
    corridor: Corridor, speaker: Speaker, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.05)
    speaker.parts = [Chunk("no JSON value", goes_on=True), Chunk(object())]

    async def last_frame() -> tuple[str, Any]:
        response = await begin(corridor)
        assert isinstance(response, EventStreamResponse)
        speaker.go_on.set()
        frames = [frame async for frame in response.frames]
        await response.aclose()
        return read(frames[-1])

    event, problem = corridor.loop.run(last_frame())
    assert (event, problem["code"], problem["status"]) == ("error", "internal_error", 500)
    assert problem["execution_id"] == str(executions(acme)[0].id)


def test_it_holds_the_tool_up_while_nobody_reads_and_gives_up_in_the_end(
    corridor: Corridor, speaker: Speaker, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "PATIENCE_SECONDS", 0.1)
    speaker.go_on.set()
    speaker.parts = [Chunk({"n": n}) for n in range(100)]

    async def read_late() -> list[tuple[str, Any]]:
        response = await begin(corridor)
        assert isinstance(response, EventStreamResponse)
        await in_database_thread(until, lambda: executions(acme)[0].status != Status.RUNNING)
        frames = [read(frame) async for frame in response.frames]
        await response.aclose()
        return frames

    frames = corridor.loop.run(read_late())
    assert (speaker.told, len(frames)) == (streaming.CHUNKS_WAITING, streaming.CHUNKS_WAITING + 2)
    assert (frames[-1][0], frames[-1][1]["code"]) == ("error", "reads_too_slowly")
    assert executions(acme)[0].status == Status.FAILED


@pytest.mark.parametrize("started", [True, False])
def test_a_stream_that_is_closed_ends_its_call(
    started: bool, corridor: Corridor, speaker: Speaker, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.05)

    async def close() -> None:
        response = await begin(corridor)
        assert isinstance(response, EventStreamResponse)
        if started:
            await anext(response.frames)
        await response.aclose()

    corridor.loop.run(close())
    assert [row.status for row in executions(acme)] == [Status.CANCELLED]


def test_a_call_that_ends_before_its_first_part_is_told_as_any_other(
    corridor: Corridor, register: Register, acme: Tenant
) -> None:
    register(slug="speaker", output_schema={"type": "object"})
    outcome = corridor.loop.run(begin(corridor))
    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.error and outcome.error["code"]) == (Status.REFUSED, "invalid_input")


async def test_it_tells_progress_and_what_could_not_be_recorded() -> None:
    told, call = streaming._Told(), a_call(mode=Mode.STREAM)

    async def fail() -> Outcome:
        told.progressed(Progress(0.5, "half of it", datetime(2026, 11, 20, tzinfo=UTC)))
        raise OperationalError("PostgreSQL is away.")

    frames = [read(frame) async for frame in streaming._frames(call, told, asyncio.ensure_future(fail()))]
    assert [event for event, _ in frames] == ["start", "progress", "error"]
    assert frames[1][1] == {"fraction": 0.5, "message": "half of it", "at": "2026-11-20T00:00:00Z"}
    assert (frames[2][1]["code"], frames[2][1]["execution_id"]) == ("unavailable", str(call.execution_id))


async def test_it_says_of_a_call_that_was_stopped_that_it_was() -> None:
    told, call = streaming._Told(), a_call(mode=Mode.STREAM)
    running: asyncio.Task[Outcome] = asyncio.ensure_future(asyncio.Event().wait())  # type: ignore[arg-type]
    running.cancel()
    frames = [read(frame) async for frame in streaming._frames(call, told, running)]
    assert [(event, data.get("code")) for event, data in frames] == [("start", None), ("error", "cancelled")]
