"""Redis may vanish: the corridor goes on without, says so once, and does not ask again at once."""

import asyncio
import logging
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis.exceptions import TimeoutError as RedisTimeout

from registry.execution import shared

ECHO = shared.Script("return ARGV[1]")


@pytest.fixture
def away(settings: Any, tmp_path: Any) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"


@pytest.mark.usefixtures("away")
def test_it_answers_none_and_warns_once_while_redis_is_away(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> list[Any]:
        answers = [await shared.get("qm:x"), await shared.get("qm:x"), await ECHO([], ["hello"])]
        await shared.aclose()
        return answers

    with caplog.at_level(logging.WARNING, logger="registry.execution.shared"):
        assert asyncio.run(ask()) == [None, None, None]
    assert len(caplog.records) == 1
    assert "limits, breakers and the cache are out of force" in caplog.text


@pytest.mark.usefixtures("away")
def test_it_loses_a_pipeline_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def settle() -> None:
        for _ in range(2):
            async with shared.pipeline() as pipe:
                pipe.set("qm:x", "1")
        await shared.aclose()

    with caplog.at_level(logging.WARNING, logger="registry.execution.shared"):
        asyncio.run(settle())
    assert len(caplog.records) == 1


def test_it_speaks_to_the_redis_that_is_there() -> None:
    async def speak() -> tuple[Any, bytes | None, bytes | None]:
        said = await ECHO([], ["hello"])
        async with shared.pipeline() as pipe:
            pipe.set("qm:test:kept", "1", ex=5)
        kept, none = await shared.get("qm:test:kept"), await shared.get("qm:test:nothing")
        await shared.aclose()
        await shared.aclose()
        return said, kept, none

    assert django_settings.REDIS_URL
    assert asyncio.run(speak()) == (b"hello", b"1", None)


async def test_it_ends_a_cancelled_task_whose_connection_did_not_close_in_time() -> None:
    """As redis-py has it: the time limit's error in the place of the cancellation."""

    async def listen_for_ever() -> None:
        while True:
            try:
                try:
                    await asyncio.sleep(60)
                finally:
                    raise RedisTimeout("Timed out closing connection")
            except RedisTimeout as error:
                shared.keep_cancelled(error)

    task = asyncio.ensure_future(listen_for_ever())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_lets_a_task_go_on_that_nobody_cancelled() -> None:
    shared.keep_cancelled(RedisTimeout("Redis is slow"))
