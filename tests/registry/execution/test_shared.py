"""Redis may vanish: the corridor goes on without, says so once, and does not ask again at once."""

import asyncio
import logging
from typing import Any

import pytest
from django.conf import settings as django_settings

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
