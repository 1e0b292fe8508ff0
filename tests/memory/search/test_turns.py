import gc
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.errors import Throttled
from memory.search import turns
from memory.search.turns import turn_of

ACME, GLOBEX = uuid4(), uuid4()


async def test_a_tenant_has_half_of_the_threads_and_others_the_rest(settings: Settings) -> None:
    settings.DATABASE_POOL_SIZE = 4
    async with AsyncExitStack() as held:
        for _ in range(2):
            await held.enter_async_context(turn_of(ACME))
        with pytest.raises(Throttled) as refused:
            await held.enter_async_context(turn_of(ACME, patience=0.01))
        assert refused.value.retry_after == 1
        await held.enter_async_context(turn_of(GLOBEX, patience=0))


async def test_nothing_is_kept_of_who_does_not_search() -> None:
    tenant_id = uuid4()
    async with turn_of(tenant_id):
        assert tenant_id in [known for _, known in turns._turns]
    gc.collect()
    assert tenant_id not in [known for _, known in turns._turns]


async def test_one_may_search_where_there_is_one_thread(settings: Settings) -> None:
    settings.DATABASE_POOL_SIZE = 1
    async with turn_of(ACME, patience=0):
        pass


async def test_it_gives_the_turn_back_whatever_happens(settings: Settings) -> None:
    settings.DATABASE_POOL_SIZE = 2
    for _ in range(5):
        with pytest.raises(ValueError, match="broken"):
            async with turn_of(ACME, patience=1):
                raise ValueError("broken")
