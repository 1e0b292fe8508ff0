"""Redis may vanish: the corridor goes on without, says so once, and does not ask again at once."""

import asyncio
import logging
from contextlib import aclosing
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis.asyncio.client import PubSub

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


async def test_it_hears_what_is_said_until_it_is_cancelled() -> None:
    told: list[bytes] = []

    async def listen() -> None:
        async with aclosing(shared.heard("qm:test")) as messages:
            async for said in messages:
                told.append(said)

    listening = asyncio.ensure_future(listen())
    while not told:
        async with shared.pipeline() as pipe:
            pipe.publish("qm:test", "hello")
        await asyncio.sleep(0.01)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await shared.aclose()
    assert told[0] == b"hello"


async def test_it_ends_though_a_cancellation_was_lost_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """As redis-py's time limits lose it: swallowed, and waited on."""
    swallowed = asyncio.Event()

    async def get_message(self: Any, **_: Any) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            swallowed.set()

    monkeypatch.setattr(PubSub, "get_message", get_message)
    listening = asyncio.ensure_future(anext(shared.heard("qm:test")))
    await asyncio.sleep(0.2)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    assert swallowed.is_set()
