"""What a worker process does of one kind at once: up to WEBHOOK_RUNS, taken as soon as there is a hand for it."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from django.conf import settings

from accounts.offload import in_database_thread
from accounts.tenancy import platform
from registry.execution.watch import DRAIN_SECONDS, LAST_SECONDS, watch
from webhooks.queue.claim import Claimed, claim
from webhooks.queue.endings import put_off
from webhooks.queue.kinds import Kind
from webhooks.queue.lanes import FIRST, Lane, due_lanes
from webhooks.queue.leases import extend
from webhooks.queue.rounds import AWAY, Rounds
from webhooks.queue.shares import share
from webhooks.queue.types import Taken

log = logging.getLogger(__name__)

MOST_LANES = 200
"""Lanes that are looked at for one claim; the next one begins behind them."""
PUT_OFF = timedelta(seconds=30)
"""How long what could not be worked on is left alone, so that it does not stand in the way of what can."""

Work: TypeAlias = Callable[[Taken], Awaitable[None]]
"""Does what was taken, and says by `webhooks/queue/success.py` or one of `webhooks/queue/endings.py` how it went."""


class Hands:
    """Belongs to one event loop."""

    def __init__(self, kind: Kind, work: Work) -> None:
        self.kind = kind
        self._work = work
        self._busy: dict[Taken, asyncio.Task[None]] = {}
        self._place = FIRST
        self._is_closing = False
        self._rounds = Rounds("What is due", self._take)
        self._ticking: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Take what is due until nothing is, or no hand is free. Who asks while it looks has it look again."""
        await self._rounds()

    async def aclose(self) -> None:
        """Let what runs end, as far as there is time; what does not is somebody else's at once."""
        self._is_closing = True
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=DRAIN_SECONDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=LAST_SECONDS)
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        self._is_closing = False

    @property
    def _free(self) -> int:
        return int(settings.WEBHOOK_RUNS) - len(self._busy)

    @property
    def _may_take(self) -> bool:
        return self._free > 0 and not self._is_closing and not watch().is_closing

    async def _take(self) -> bool:
        """Whether there may be more."""
        if not self._may_take:
            return False
        held = Counter(taken.tenant_id for taken in self._busy)
        found, lanes = await in_database_thread(_take, self.kind, free=self._free, held=held, after=self._place)
        self._place = lanes[-1].place if len(lanes) == MOST_LANES else FIRST
        for taken in found.taken:
            self._busy[taken] = asyncio.create_task(self._do(taken))
        if found.taken and self._ticking is None:
            self._ticking = asyncio.create_task(self._tick_for_ever(), name=f"{self.kind.noun} leases")
        return bool(found.taken or found.set_aside)

    async def _do(self, taken: Taken) -> None:
        try:
            await self._work(taken)
        except asyncio.CancelledError:
            await self._leave(taken, timedelta(0))
            raise
        except Exception:
            log.exception("Something taken from a queue could not be done.", extra={"action": "work_failed"})
            await self._leave(taken, PUT_OFF)
        finally:
            del self._busy[taken]
        await self.look()

    async def _leave(self, taken: Taken, pause: timedelta) -> None:
        # Where PostgreSQL is away, nothing is there to be put off: its lease ends.
        with contextlib.suppress(*AWAY):
            await in_database_thread(put_off, taken, pause)

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(settings.WEBHOOK_LEASE_SECONDS / 3)
            if not self._busy:
                continue
            try:
                await in_database_thread(extend, self.kind, list(self._busy))
            except Exception as error:  # noqa: BLE001  nobody is above this task, and all leases depend on it
                # The next tick tries again: a lease outlasts several of them.
                log.warning(
                    "Leases were not extended (%s).", type(error).__name__, extra={"action": "lease_not_extended"}
                )


def _take(kind: Kind, *, free: int, held: Mapping[UUID, int], after: tuple[UUID, UUID]) -> tuple[Claimed, list[Lane]]:
    """What was got, and the lanes that were looked at."""
    with platform():
        lanes = due_lanes(kind, after=after, most=MOST_LANES)
        return claim(kind, share(lanes, free=free, held=held)), lanes
