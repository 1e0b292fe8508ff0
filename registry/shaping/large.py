"""Where work on a value is done: on a small one in the event loop, on a large one in a thread, so that none waits."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from registry.shaping.weight import weigh

LARGE = 64_000
"""The weight from which an answer, or a call's input with it, is worked on in a thread."""

T = TypeVar("T")


async def by_size(value: Any, work: Callable[[], T]) -> T:
    """What `work`, which is about this value, returns or raises."""
    return await by_weight(weigh(value, LARGE), work)


async def by_weight(weight: int, work: Callable[[], T]) -> T:
    """The same for whoever has weighed it."""
    if weight <= LARGE:
        return work()
    return await asyncio.to_thread(work)
