"""Asking what may hang, in the time that a probe has."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 2.0


async def asked_in_time(question: Coroutine[Any, Any, T]) -> "asyncio.Future[T] | None":
    """The question, answered or failed; None: neither in time."""
    asking = asyncio.ensure_future(question)
    # Not `wait_for`: it would cancel, and a thread that waits for a frozen server cannot be cancelled.
    done, _ = await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
    if not done:
        asking.add_done_callback(_hear_out)
        return None
    return asking


def _hear_out(asked: "asyncio.Future[Any]") -> None:
    """An answer that came too late, looked at so that asyncio does not complain that nobody did."""
    if not asked.cancelled():
        asked.exception()
