"""Looks that follow each other, and the word that is never lost."""

import asyncio
import logging

import pytest
from django.db import OperationalError

from webhooks.queue import rounds
from webhooks.queue.rounds import Rounds


class Finds:
    """Rounds that find so much, one after the other."""

    def __init__(self, *found: bool | Exception) -> None:
        self._found = list(found)
        self.went = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.look = Rounds("What is due", self._go)

    async def _go(self) -> bool:
        self.went += 1
        await self.go_on.wait()
        found = self._found.pop(0) if self._found else False
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(autouse=True)
def breath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BREATH_SECONDS", 0)


async def test_it_goes_until_nothing_is_found() -> None:
    finds = Finds(True, True, False)
    await finds.look()
    assert finds.went == 3


async def test_who_asks_meanwhile_has_it_go_once_more() -> None:
    finds = Finds(False, False)
    finds.go_on.clear()
    going = asyncio.create_task(finds.look())
    await asyncio.sleep(0)
    for _ in range(5):
        await finds.look()  # returns at once
    assert finds.went == 1
    finds.go_on.set()
    await going
    assert finds.went == 2


async def test_who_asks_while_it_takes_a_breath_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BREATH_SECONDS", 0.05)
    finds = Finds(True, False, False)
    going = asyncio.create_task(finds.look())
    await asyncio.sleep(0.01)
    await finds.look()
    await going
    assert finds.went == 2


@pytest.mark.parametrize("error", [OperationalError(), RuntimeError()])
async def test_it_goes_again_after_a_failure(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    finds = Finds(error, False)
    with caplog.at_level(logging.WARNING):
        await finds.look()
    assert "What is due could not be taken" in caplog.text
    await finds.look()
    assert finds.went == 2


async def test_it_goes_again_after_it_was_cancelled() -> None:
    finds = Finds(False)
    finds.go_on.clear()
    going = asyncio.create_task(finds.look())
    await asyncio.sleep(0)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    finds.go_on.set()
    await finds.look()
    assert finds.went == 2
