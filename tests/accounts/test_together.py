"""What many ask at the same time is asked in one trip, and each is told their own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from accounts.together import Together
from accounts.tracing import Work, at_work, current_work


class Teller:
    """Doubles numbers, refuses what is odd, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.trips: list[list[int]] = []
        self.works: list[Work | None] = []
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.trips.append(list(numbers))
        self.works.append(current_work())
        await self.open.wait()
        return [ValueError(f"{number} is odd") if number % 2 else number * 2 for number in numbers]


async def test_it_asks_one_alone_at_once() -> None:
    teller = Teller()
    assert await Together(teller, most=10)(4) == 8
    assert teller.trips == [[4]]


async def test_it_asks_together_what_comes_at_the_same_time() -> None:
    teller = Teller()
    ask = Together(teller, most=10)
    assert list(await asyncio.gather(ask(2), ask(4), ask(6))) == [4, 8, 12]
    assert teller.trips == [[2, 4, 6]]


async def test_it_asks_next_and_together_what_comes_while_others_are_on_their_way() -> None:
    teller = Teller()
    ask = Together(teller, most=2)
    teller.open.clear()
    first = asyncio.ensure_future(ask(2))
    await asyncio.sleep(0.01)
    rest = [asyncio.ensure_future(ask(number)) for number in (4, 6, 8)]
    await asyncio.sleep(0.01)
    assert teller.trips == [[2]]
    teller.open.set()
    assert await asyncio.gather(first, *rest) == [4, 8, 12, 16]
    assert teller.trips == [[2], [4, 6], [8]]


async def test_it_makes_as_many_trips_at_once_as_it_may() -> None:
    teller = Teller()
    ask = Together(teller, most=10, at_once=2)
    teller.open.clear()
    asking = []
    for number in (2, 4, 6, 8):
        asking.append(asyncio.ensure_future(ask(number)))
        await asyncio.sleep(0.01)
    assert teller.trips == [[2], [4]]
    teller.open.set()
    assert await asyncio.gather(*asking) == [4, 8, 12, 16]
    assert teller.trips == [[2], [4], [6, 8]]


async def test_it_raises_a_refusal_where_its_question_was_asked() -> None:
    ask = Together(Teller(), most=10)
    told = await asyncio.gather(ask(2), ask(3), ask(4), return_exceptions=True)
    assert [told[0], str(told[1]), told[2]] == [4, "3 is odd", 8]


async def test_it_raises_everywhere_what_keeps_it_from_asking() -> None:
    async def nobody(numbers: Sequence[int]) -> list[int | Exception]:
        raise ConnectionError("away")

    ask = Together(nobody, most=10)
    told = await asyncio.gather(ask(1), ask(2), return_exceptions=True)
    assert [str(each) for each in told] == ["away", "away"]
    with pytest.raises(ConnectionError):
        await ask(3)


async def test_it_does_not_ask_for_somebody_who_went() -> None:
    teller = Teller()
    ask = Together(teller, most=10)
    teller.open.clear()
    asking = [asyncio.ensure_future(ask(2))]
    await asyncio.sleep(0.01)
    asking += [asyncio.ensure_future(ask(4)), asyncio.ensure_future(ask(6))]
    await asyncio.sleep(0.01)
    asking[0].cancel()
    asking[1].cancel()
    teller.open.set()
    assert await asking[2] == 12
    assert teller.trips == [[2], [6]]
    assert asking[0].cancelled()
    assert asking[1].cancelled()


async def test_it_travels_in_nobodys_name() -> None:
    teller = Teller()
    with at_work(Work("0" * 32, "1", "acme", "find")):
        await Together(teller, most=10)(2)
        assert current_work() is not None
    assert teller.works == [None]


def test_it_serves_one_event_loop_after_another() -> None:
    async def twice(numbers: Sequence[int]) -> list[int | Exception]:
        return [number * 2 for number in numbers]

    ask = Together(twice, most=10)
    assert [asyncio.run(ask(number)) for number in (2, 4)] == [4, 8]
