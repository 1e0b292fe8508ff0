import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from integrations.embedding.base import Vector
from integrations.embedding.host.queue import (
    BATCHES_IN_A_ROW,
    MOST_CHARACTERS,
    MOST_TEXTS,
    MOST_WAITING,
    SMALL_REQUEST,
    Full,
    Queue,
)


class Slow:
    """Computes when it is let, and remembers what came together."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.error: Exception | None = None
        self.gate = asyncio.Semaphore(0)

    async def __call__(self, texts: Sequence[str]) -> list[Vector]:
        self.batches.append(list(texts))
        await self.gate.acquire()
        if self.error:
            raise self.error
        return [(float(len(text)),) for text in texts]

    def let(self, batches: int = 1_000) -> None:
        for _ in range(batches):
            self.gate.release()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def queue(slow: Slow) -> AsyncIterator[Queue]:
    queue = Queue(slow)
    running = asyncio.create_task(queue.run())
    yield queue
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def asked(queue: Queue, *texts: str) -> asyncio.Task[list[Vector]]:
    """It stands in the queue, or its batch has begun."""
    task = asyncio.create_task(queue.vectors(texts))
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def test_it_gives_the_vectors_in_the_order_of_the_texts(queue: Queue, slow: Slow) -> None:
    slow.let()
    texts = ["a" * (number * 7 % 50) for number in range(50)]
    assert await queue.vectors(texts) == [(float(len(text)),) for text in texts]


async def test_texts_of_similar_length_go_together(queue: Queue, slow: Slow) -> None:
    slow.let()
    await queue.vectors(["long " * 10, "b"] * MOST_TEXTS)
    assert [set(batch) for batch in slow.batches] == [{"b"}, {"long " * 10}]


async def test_small_requests_that_wait_are_one_batch(queue: Queue, slow: Slow) -> None:
    first = await asked(queue, "first")
    others = [await asked(queue, text) for text in "abc"]
    slow.let()
    assert await asyncio.gather(first, *others) == [[(5.0,)], [(1.0,)], [(1.0,)], [(1.0,)]]
    assert slow.batches == [["first"], ["a", "b", "c"]]


async def test_a_search_goes_before_what_is_left_of_an_import(queue: Queue, slow: Slow) -> None:
    large = await asked(queue, *["x"] * MOST_TEXTS * 2)
    small = await asked(queue, "query")
    slow.let()
    await asyncio.gather(large, small)
    assert slow.batches == [["x"] * MOST_TEXTS, ["query"], ["x"] * MOST_TEXTS]


async def test_an_import_gets_a_turn_among_searches(queue: Queue, slow: Slow) -> None:
    """However many of them come: each batch here is one search, since it fills a batch by itself."""
    first = await asked(queue, "first")
    large = await asked(queue, *["x"] * (SMALL_REQUEST + 1))
    searches = [await asked(queue, *["q" * 1_000] * SMALL_REQUEST) for _ in range(BATCHES_IN_A_ROW + 3)]
    slow.let()
    await asyncio.gather(first, large, *searches)
    kinds = [batch[0][0] for batch in slow.batches]
    assert kinds == ["f", *"q" * (BATCHES_IN_A_ROW - 1), "x", *"q" * 4]


async def test_no_batch_takes_longer_than_a_search_can_bear(queue: Queue, slow: Slow) -> None:
    slow.let()
    await queue.vectors(["w" * 900] * 10)
    assert [len(batch) for batch in slow.batches] == [4, 4, 2]
    assert 4 * 900 <= MOST_CHARACTERS < 5 * 900


async def test_of_a_very_long_text_no_more_counts_than_the_model_reads(queue: Queue, slow: Slow) -> None:
    slow.let()
    await queue.vectors(["w" * 50_000] * 5)
    assert [len(batch) for batch in slow.batches] == [4, 1]


async def test_it_sends_away_what_would_wait_in_vain(queue: Queue, slow: Slow) -> None:
    working = await asked(queue, "first")
    waiting = await asked(queue, *["x"] * MOST_WAITING)
    assert queue.waiting == MOST_WAITING
    with pytest.raises(Full):
        await queue.vectors(["one more"] * (SMALL_REQUEST + 1))
    slow.let()
    await asyncio.gather(working, waiting)
    assert await queue.vectors(["again"]) == [(5.0,)]
    assert queue.waiting == 0


async def test_a_search_is_taken_in_however_many_imports_wait(queue: Queue, slow: Slow) -> None:
    first = await asked(queue, "first")
    texts = ["import"] * 256
    imports = [await asked(queue, *texts) for _ in range(MOST_WAITING // 256)]
    with pytest.raises(Full):
        await queue.vectors(texts)
    search = await asked(queue, "a search")
    slow.let()
    assert await search == [(8.0,)]
    assert slow.batches[1] == ["a search"]
    await asyncio.gather(first, *imports)


async def test_what_nobody_waits_for_any_more_is_not_computed(queue: Queue, slow: Slow) -> None:
    first = await asked(queue, "first")
    gone = await asked(queue, "gone")
    kept = await asked(queue, "kept")
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    slow.let()
    await asyncio.gather(first, kept)
    assert slow.batches == [["first"], ["kept"]]


async def test_who_left_while_it_was_computed_harms_nobody(queue: Queue, slow: Slow) -> None:
    gone = await asked(queue, "gone")
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    slow.let()
    assert await queue.vectors(["next"]) == [(4.0,)]


async def test_what_goes_wrong_is_told_to_those_it_concerns(queue: Queue, slow: Slow) -> None:
    slow.error = OSError("the model is broken")
    failing = [await asked(queue, *["x"] * (MOST_TEXTS + 1)), await asked(queue, "small")]
    slow.let()
    assert [str(error) for error in await asyncio.gather(*failing, return_exceptions=True)] == [
        "the model is broken"
    ] * 2
    slow.error = None
    assert await queue.vectors(["next"]) == [(4.0,)]


async def test_nothing_is_made_of_nothing(queue: Queue, slow: Slow) -> None:
    assert await queue.vectors([]) == []
    assert slow.batches == []
