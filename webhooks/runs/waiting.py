"""Waiting for the next run of an agent: Redis says when there may be one; without it, whoever waits looks by itself."""

import asyncio
import contextlib

from accounts.caller import Caller
from accounts.offload import in_database_thread
from registry.execution.news import news
from webhooks.runs.for_agents import Work, give_back, next_for
from webhooks.wake import FOR_AGENTS

LONGEST_WAIT_MS = 30_000
LOOK_SECONDS = 3.0
"""When to look again at the latest: some are due at a time that nobody says."""


async def wait_for_next(caller: Caller, seconds: float) -> Work | None:
    """None: there was none in that time. Raises Forbidden for a person."""
    if not seconds or caller.agent_id is None:
        return await _next(caller)
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    with news(FOR_AGENTS).of(caller.agent_id) as told:
        while True:
            told.clear()
            work = await _next(caller)
            left = until - loop.time()
            if work is not None or left <= 0:
                return work
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_SECONDS)):
                    await told.wait()


async def _next(caller: Caller) -> Work | None:
    """What is taken for somebody who hangs up meanwhile is given back, and needs no lease to end."""
    taking = asyncio.ensure_future(in_database_thread(next_for, caller))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        work = await taking
        if work is not None:
            await in_database_thread(give_back, work)
        raise
