"""Who is worked on next, and who is not waited for."""

import asyncio
from uuid import UUID

import pytest

from accounts.errors import Unavailable
from tests.webhooks.receiving.arrivals import a_source
from webhooks.receiving.door import _whose_turn
from webhooks.receiving.turns import ALONE_AFTER_SECONDS, Turns
from webhooks.signatures.shelf import scheme_named

ACME, GLOBEX = UUID(int=1), UUID(int=2)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr("webhooks.receiving.turns.monotonic", lambda: moment[0])
    return moment


class Works:
    """Requests that take a turn, and are done when they are told."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.began: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}

    async def come(self, tenant_id: UUID, *names: str) -> list["asyncio.Task[None]"]:
        tasks = []
        for name in names:
            self._leave[name] = asyncio.Event()
            tasks.append(asyncio.create_task(self._work(tenant_id, name)))
        await settle()
        return tasks

    async def leave(self, *names: str) -> None:
        for name in names:
            self._leave[name].set()
            await settle()

    def let_go(self, name: str) -> None:
        """It leaves, and nobody has noticed yet."""
        self._leave[name].set()

    async def _work(self, tenant_id: UUID, name: str) -> None:
        async with self.turns.turn(tenant_id):
            self.began.append(name)
            await self._leave[name].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def works(now: list[float]) -> Works:
    """GLOBEX has just sent something, and is done."""
    return Works(Turns(of_each=1, most_waiting=2))


async def beside_globex(works: Works) -> None:
    await works.come(GLOBEX, "g0")
    await works.leave("g0")
    works.began.clear()


async def test_who_sends_alone_has_all_of_the_process(works: Works) -> None:
    await works.come(ACME, "a1", "a2", "a3", "a4")
    assert works.began == ["a1", "a2", "a3", "a4"]


async def test_while_others_send_few_of_each_are_worked_on_at_once(works: Works) -> None:
    await beside_globex(works)
    await works.come(ACME, "a1", "a2", "a3")
    await works.come(GLOBEX, "g1")
    assert works.began == ["a1", "g1"]
    await works.leave("a1", "a2")
    assert works.began == ["a1", "g1", "a2", "a3"]


async def test_when_the_others_are_silent_all_that_waits_begins(works: Works, now: list[float]) -> None:
    await beside_globex(works)
    await works.come(ACME, "a1", "a2", "a3")
    now[0] += ALONE_AFTER_SECONDS + 0.1
    await works.leave("a1")
    assert works.began == ["a1", "a2", "a3"]


async def test_it_sends_away_whom_too_many_of_the_tenants_are_before(works: Works) -> None:
    await beside_globex(works)
    *_, refused = await works.come(ACME, "a1", "a2", "a3", "a4")
    error = refused.exception()
    assert isinstance(error, Unavailable)
    assert error.retry_after == 5
    await works.come(GLOBEX, "g1")
    assert works.began == ["a1", "g1"]


@pytest.mark.parametrize("is_called", [False, True])
async def test_who_goes_away_keeps_nobody_waiting(is_called: bool, works: Works) -> None:
    await beside_globex(works)
    _, gone, _ = await works.come(ACME, "a1", "a2", "a3")
    if is_called:
        works.let_go("a1")
        await asyncio.sleep(0)
    gone.cancel()
    await works.leave("a1")
    assert works.began == ["a1", "a3"]
    await works.leave("a3")
    assert works.turns._lanes == {}


@pytest.mark.parametrize(("scheme", "theirs"), [("github", "tenant"), ("paypal", "source")])
def test_only_its_own_source_waits_for_a_certificate(scheme: str, theirs: str) -> None:
    source = a_source(scheme=scheme_named(scheme))
    assert _whose_turn(source) == {"tenant": source.tenant_id, "source": source.id}[theirs]


async def test_one_that_fails_makes_room(works: Works) -> None:
    await beside_globex(works)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            async with works.turns.turn(ACME):
                raise RuntimeError
    assert works.turns._lanes == {}
