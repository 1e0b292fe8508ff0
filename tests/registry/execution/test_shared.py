"""Redis may vanish: the corridor goes on without, says so once, and does not ask again at once."""

import asyncio
import logging
import socket
import time
from contextlib import aclosing
from typing import Any

import pytest
from django.conf import settings as django_settings
from redis.asyncio import Redis
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
            async with shared.together() as commands:
                commands.add("SET", "qm:x", "1")
        await shared.aclose()

    with caplog.at_level(logging.WARNING, logger="registry.execution.shared"):
        asyncio.run(settle())
    assert len(caplog.records) == 1


def test_it_speaks_to_the_redis_that_is_there() -> None:
    async def speak() -> tuple[Any, bytes | None, bytes | None]:
        said = await ECHO([], ["hello"])
        async with shared.together() as commands:
            commands.add("SET", "qm:test:kept", "1", "EX", 5)
        kept, none = await shared.get("qm:test:kept"), await shared.get("qm:test:nothing")
        await shared.aclose()
        await shared.aclose()
        return said, kept, none

    assert django_settings.REDIS_URL
    assert asyncio.run(speak()) == (b"hello", b"1", None)


async def test_it_asks_in_one_trip_what_many_ask_at_the_same_time() -> None:
    client = Redis.from_url(django_settings.REDIS_URL)
    await shared.get("qm:test:nothing")
    before = await client.info("clients")
    said = await asyncio.gather(*(ECHO([], [str(number)]) for number in range(50)))
    after = await client.info("clients")
    assert said == [str(number).encode() for number in range(50)]
    assert after["connected_clients"] == before["connected_clients"]
    await client.aclose()
    await shared.aclose()


async def test_a_script_that_redis_forgot_is_told_again() -> None:
    client = Redis.from_url(django_settings.REDIS_URL)
    assert await ECHO([], ["once"]) == b"once"
    await client.script_flush()
    assert list(await asyncio.gather(ECHO([], ["again"]), ECHO([], ["too"]))) == [b"again", b"too"]
    await client.aclose()
    await shared.aclose()


async def test_what_redis_refuses_is_refused_to_whoever_asked(caplog: pytest.LogCaptureFixture) -> None:
    broken = shared.Script("return redis.call('NOTHING')")
    with caplog.at_level(logging.WARNING, logger="registry.execution.shared"):
        said = list(await asyncio.gather(ECHO([], ["hello"]), broken([], [])))
    assert said == [b"hello", None]
    assert len(caplog.records) == 1
    await shared.aclose()


async def test_a_loop_that_is_late_itself_does_not_take_redis_for_absent(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_TIMEOUT_SECONDS = 0.2
    await shared.get("qm:test:nothing")

    async def much_else_to_do() -> None:
        for _ in range(6):
            time.sleep(0.15)  # noqa: ASYNC251  as a loop is late
            await asyncio.sleep(0)

    busy = asyncio.ensure_future(much_else_to_do())
    assert await asyncio.gather(*(ECHO([], ["hello"]) for _ in range(3))) == [b"hello"] * 3
    assert caplog.records == []
    await busy
    await shared.aclose()


async def test_a_redis_that_hangs_is_given_up_in_time(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        settings.REDIS_URL, settings.REDIS_TIMEOUT_SECONDS = f"redis://127.0.0.1:{port}", 0.1
        async with asyncio.timeout(10):
            asking = asyncio.ensure_future(ECHO([], ["hello"]))
            await asyncio.sleep(0.01)  # it is on its way: the next one waits for the next trip
            assert list(await asyncio.gather(asking, shared.get("qm:x"))) == [None, None]
        await shared.aclose()
    assert [record.message.split(":")[0] for record in caplog.records] == ["Redis is away (TimeoutError)"]


async def test_it_hears_what_is_said_until_it_is_cancelled() -> None:
    told: list[bytes] = []

    async def listen() -> None:
        async with aclosing(shared.heard("qm:test")) as messages:
            async for said in messages:
                told.append(said)

    listening = asyncio.ensure_future(listen())
    while not told:
        async with shared.together() as commands:
            commands.add("PUBLISH", "qm:test", "hello")
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
