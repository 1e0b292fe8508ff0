from typing import Any

import pytest

from integrations.errors import UpstreamBroken, UpstreamTimeout
from integrations.redaction.policy import compiled
from registry.errors import TakesTooSlowly
from registry.execution import flow as module
from registry.execution.flow import Flow
from registry.execution.passage import Passage
from registry.execution.types import Listener, Mode, Nobody, Target
from registry.redaction import ToolRedaction
from registry.transports.base import Chunk, Reply
from tests.registry.execution.calls import a_call, a_target

KEY = "sk-ant-" + "a1B2c3D4" * 4


class Ears(Nobody):
    def __init__(self) -> None:
        self.heard: list[Chunk] = []

    async def chunk(self, chunk: Chunk) -> None:
        self.heard.append(chunk)

    @property
    def data(self) -> list[Any]:
        return [chunk.data for chunk in self.heard]


class Deaf(Nobody):
    async def chunk(self, chunk: Chunk) -> None:
        raise UpstreamTimeout


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def flow(ears: Ears) -> Flow:
    masks = compiled({"returned": {"secrets": "mask", "fields": "mask"}})
    target = a_target(redaction=ToolRedaction(masks.stored, masks.returned))
    return a_flow(ears, target=target, secrets=("hunter2-hunter2",))


def a_flow(listener: Listener, *, target: Target | None = None, secrets: tuple[str, ...] = ()) -> Flow:
    return Flow(Passage(a_call(mode=Mode.STREAM), listener, secrets=secrets), target or a_target())


def text(*pieces: str) -> list[Chunk]:
    return [Chunk(piece, goes_on=True) for piece in pieces]


async def emitted(flow: Flow, *chunks: Chunk, reply: Any = None) -> Any:
    for chunk in chunks:
        await flow.emit(chunk)
    return await flow.finish(Reply(reply))


async def test_it_joins_text(flow: Flow, ears: Ears) -> None:
    assert await emitted(flow, *text("Hel", "lo")) == "Hello"
    assert "".join(ears.data) == "Hello"


async def test_it_lists_values_and_names_their_events(flow: Flow, ears: Ears) -> None:
    assert await emitted(flow, Chunk(1), Chunk({"a": 2}, "delta")) == [1, {"event": "delta", "data": {"a": 2}}]
    assert ears.heard == [Chunk(1), Chunk({"a": 2}, "delta")]


async def test_it_keeps_the_order_of_text_and_values(flow: Flow, ears: Ears) -> None:
    chunks = [*text("a", "b"), Chunk(1), *text("c")]
    assert await emitted(flow, *chunks) == ["ab", 1, "c"]
    assert ears.data[-2:] == [1, "c"]


@pytest.mark.parametrize("secret", [KEY, "hunter2-hunter2"])
async def test_it_masks_what_is_split_over_parts_and_keeps_it_raw(flow: Flow, ears: Ears, secret: str) -> None:
    raw = await emitted(flow, *text("my key ", *secret, " is it"))
    assert raw == f"my key {secret} is it"
    told = "".join(ears.data)
    assert (secret[:8] in told, "[redacted:" in told, told[:7], told[-6:]) == (False, True, "my key ", " is it")


async def test_it_masks_what_is_split_over_events(flow: Flow, ears: Ears) -> None:
    await emitted(flow, *(Chunk({"choices": [{"delta": {"content": letter}}]}) for letter in f"key: {KEY} ok"))
    told = "".join(item["choices"][0]["delta"]["content"] for item in ears.data)
    assert (KEY[:10] in told, "[redacted:" in told) == (False, True)


async def test_it_tells_a_whole_answer_as_one_part(flow: Flow, ears: Ears) -> None:
    assert await emitted(flow, reply={"key": KEY}) == {"key": KEY}
    assert (ears.heard, flow.has_begun) == ([Chunk({"key": "[redacted:anthropic-key]"})], False)


async def test_it_tells_nothing_of_an_empty_answer(flow: Flow, ears: Ears) -> None:
    assert (await emitted(flow), ears.heard) == (None, [])


async def test_it_records_the_answer_of_a_tool_that_says_it_itself(flow: Flow, ears: Ears) -> None:
    assert await emitted(flow, *text("step 1", "step 2"), reply={"steps": 2}) == {"steps": 2}
    assert "".join(ears.data) == "step 1step 2"


async def test_it_records_no_more_than_it_may_and_says_so(
    flow: Flow, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 10)
    flow = a_flow(ears)
    cut = await emitted(flow, *text("z" * 7, "y" * 7, "x"))
    assert cut == {"text": "z" * 7 + "y" * 3, "cut": {"kept_characters": 10, "total_characters": 15}}
    assert "".join(ears.data) == "z" * 7 + "y" * 7 + "x"


async def test_it_keeps_no_value_after_one_that_had_no_room(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 150)
    cut = await emitted(a_flow(ears), Chunk(1), Chunk("z" * 60), Chunk(2), *text("and text"))
    assert cut == [1, {"cut": {"kept_characters": 1, "total_characters": 72}}]
    assert len(ears.heard) == 4


async def test_it_counts_very_many_small_values_for_what_they_take(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 650)
    cut = await emitted(a_flow(ears), *(Chunk(1) for _ in range(1000)))
    assert cut == [*([1] * 10), {"cut": {"kept_characters": 10, "total_characters": 1000}}]


async def test_it_blames_a_listener_who_makes_no_room() -> None:
    flow = a_flow(Deaf())
    assert flow.blamed(UpstreamTimeout()) is None
    with pytest.raises(UpstreamTimeout):
        await flow.emit(Chunk(1))
    assert isinstance(flow.blamed(UpstreamTimeout()), TakesTooSlowly)
    assert flow.blamed(UpstreamBroken()) is None


async def test_it_says_in_the_row_how_far_it_is(ears: Ears) -> None:
    passage = Passage(a_call(mode=Mode.STREAM), ears)
    flow = Flow(passage, a_target())
    await flow.emit(Chunk("Hello", goes_on=True))
    assert (passage.take_progress() or {})["message"] == "1 part, 5 characters so far"
    await flow.emit(Chunk("z" * 1000, goes_on=True))
    assert (passage.take_progress() or {})["message"] == "2 parts, 1,005 characters so far"
    passage.report(0.5, "half of it")
    await flow.emit(Chunk("more", goes_on=True))
    assert (passage.take_progress() or {})["message"] == "half of it"


async def test_it_tells_parts_as_they_are_where_nothing_is_masked(ears: Ears) -> None:
    chunk = Chunk({"n": 1}, "delta")
    await a_flow(ears).emit(chunk)
    assert ears.heard[0] is chunk


async def test_it_masks_known_secrets_whatever_the_rules(ears: Ears) -> None:
    flow = a_flow(ears, secrets=("hunter2-hunter2",))
    await emitted(flow, *text("it is hunter2", "-hunter2."))
    assert "".join(ears.data) == "it is [redacted:secret]."
