import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from webhooks.receiving import body
from webhooks.receiving.body import read_body


class Sender:
    """Sends these pieces, and then hangs up or falls silent."""

    def __init__(self, *pieces: bytes, whole: bool = True, silent: bool = False) -> None:
        last = len(pieces) - 1
        self.messages = [
            {"type": "http.request", "body": piece, "more_body": number < last or not whole}
            for number, piece in enumerate(pieces)
        ]
        self.silent = silent
        self.asked = 0

    async def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        if self.messages:
            return self.messages.pop(0)
        if self.silent:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


async def test_it_puts_the_pieces_together() -> None:
    assert await read_body(Sender(b"one, ", b"", b"two"), 8, announced=None) == (b"one, two", "")


async def test_it_does_not_read_what_is_announced_as_too_large() -> None:
    sender = Sender(b"x" * 9)
    assert await read_body(sender, 8, announced=9) == (b"", "too_large")
    assert sender.asked == 0


async def test_it_stops_reading_where_it_gets_too_large() -> None:
    sender = Sender(b"x" * 5, b"x" * 5, b"x" * 5)
    assert await read_body(sender, 8, announced=8) == (b"x" * 8, "too_large")
    assert sender.asked == 2


async def test_it_keeps_what_came_before_the_sender_hung_up() -> None:
    assert await read_body(Sender(b"half", whole=False), 8, announced=8) == (b"half", "truncated")


async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SLOWEST_SENDER_SECONDS", 0.01)
    sender = Sender(b"half", whole=False, silent=True)
    assert await read_body(sender, 8, announced=None) == (b"half", "truncated")
