"""Who may start: as soon as all that it needs has ended, in the order of the plan, and only so many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from heapq import heappop, heappush


async def run_in_order(
    needs: Mapping[str, frozenset[str]], run: Callable[[str], Awaitable[None]], *, max_parallel: int
) -> None:
    """Run each once. It is readiness that counts, not levels: a slow one holds back those that need it, no other.

    Cancelled, it cancels all that run and waits for their end. What `run` raises ends everything, so it should not.
    """
    order = {name: index for index, name in enumerate(needs)}
    names = list(needs)
    left = {name: len(needed) for name, needed in needs.items()}
    followers: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for each in needed:
            followers[each].append(name)
    ready = [order[name] for name in needs if not left[name]]
    running = 0

    async def one(name: str) -> None:
        nonlocal running
        await run(name)
        running -= 1
        for follower in followers[name]:
            left[follower] -= 1
            if not left[follower]:
                heappush(ready, order[follower])
        start()

    def start() -> None:
        nonlocal running
        while ready and running < max_parallel:
            running += 1
            group.create_task(one(names[heappop(ready)]))

    async with asyncio.TaskGroup() as group:
        start()
