"""The open calls of this process: their leases are extended, their progress is kept, and they can be stopped.

One watch per event loop. A tick a second writes down progress, if there is any; every third of a lease one statement
extends all leases and reads back what became of them: which of them somebody wants cancelled, and which are not ours
any more. Redis tells the first sooner; without it the tick finds out.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import connection

from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from accounts.tenancy import platform
from registry.errors import Cancelled, Interrupted, TakenAway
from registry.execution import cancelling, news
from registry.execution.passage import Passage

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
DRAIN_SECONDS = 6.5
"""How long a process that ends lets its calls go on before they are given to others."""
LAST_SECONDS = 2.0
"""How long giving them away may take."""

_EXTEND = """
    UPDATE registry_execution AS execution
    SET lease_until = statement_timestamp() + make_interval(secs => %s)
    FROM unnest(%s::uuid[], %s::int[]) AS held (id, run)
    WHERE execution.id = held.id AND execution.run = held.run AND execution.status = 'running'
    RETURNING execution.id, execution.cancel_requested_at IS NOT NULL
"""
_PROGRESS = """
    UPDATE registry_execution AS execution
    SET progress = told.progress
    FROM unnest(%s::uuid[], %s::int[], %s::jsonb[]) AS told (id, run, progress)
    WHERE execution.id = told.id AND execution.run = told.run AND execution.status = 'running'
"""


class Watch:
    def __init__(self) -> None:
        self.is_closing = False
        self._held: dict[UUID, Passage] = {}
        self._has_none = asyncio.Event()
        self._has_none.set()
        self._ticking: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def is_ticking(self) -> bool:
        """From the first open call on."""
        return self._ticking is not None

    def hold(self, passage: Passage) -> None:
        """From now on, until `let_go`."""
        passage.task = asyncio.current_task()
        self._held[passage.call.execution_id] = passage
        self._has_none.clear()
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick_for_ever(), name="watch")
            self._listening = asyncio.create_task(cancelling.listen(self.cancel), name="cancelling")

    def let_go(self, passage: Passage) -> None:
        if self._held.get(passage.call.execution_id) is passage:
            del self._held[passage.call.execution_id]
            if not self._held:
                self._has_none.set()

    def cancel(self, execution_id: UUID) -> None:
        """If it is one of ours. What was asked is in its row; this is only sooner."""
        passage = self._held.get(execution_id)
        if passage is not None:
            passage.stop(Cancelled("It was cancelled while it was running: its connection to the tool was closed."))

    def begin_to_close(self, seconds: float = DRAIN_SECONDS) -> None:
        """Calls go on for so long, then whoever may run them next gets them."""
        self.is_closing = True
        asyncio.get_running_loop().call_later(seconds, self._interrupt_all)

    async def closed(self) -> None:
        """Wait until no call is left, as long as `begin_to_close` allows; then stop watching."""
        if self.is_closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._has_none.wait(), DRAIN_SECONDS + LAST_SECONDS)
        tasks = [task for task in (self._ticking, self._listening) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _interrupt_all(self) -> None:
        for passage in list(self._held.values()):
            passage.stop(Interrupted())

    async def _tick_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        extended_at = loop.time()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                await self._keep_progress()
                if loop.time() - extended_at >= settings.EXECUTION_LEASE_SECONDS / 3 - TICK_SECONDS / 2:
                    await self.extend()
                    extended_at = loop.time()
            except Exception as error:  # noqa: BLE001  nobody is above this task, and all leases depend on it
                # The next tick tries again: a lease outlasts several of them.
                log.warning(
                    "Leases were not extended (%s).", type(error).__name__, extra={"action": "lease_not_extended"}
                )

    async def extend(self) -> None:
        """Extend all leases; stop what is to be cancelled, and what another process has taken up or ended."""
        held = [passage for passage in self._held.values() if passage.can_be_stopped]
        if not held:
            return
        cancelled = await in_database_thread(_extend, [(each.call.execution_id, each.run) for each in held])
        for passage in held:
            wanted = cancelled.get(passage.call.execution_id)
            if wanted is None:
                passage.stop(TakenAway())
            elif wanted:
                self.cancel(passage.call.execution_id)

    async def _keep_progress(self) -> None:
        told = [
            (passage.call.execution_id, passage.run, passage.take_progress())
            for passage in self._held.values()
            if passage.has_news
        ]
        if told:
            await in_database_thread(_keep, told)
            for execution_id, _, _ in told:
                news.tell(execution_id)


def _extend(held: list[tuple[UUID, int]]) -> dict[UUID, bool]:
    """Those that are still ours, and whether they are to be cancelled."""
    with platform(), connection.cursor() as cursor:
        cursor.execute(_EXTEND, [settings.EXECUTION_LEASE_SECONDS, *_columns(held)])
        return dict(cursor.fetchall())


def _keep(told: list[tuple[UUID, int, dict[str, Any] | None]]) -> None:
    ids, runs, progress = _columns(told)
    with platform(), connection.cursor() as cursor:
        cursor.execute(_PROGRESS, [ids, runs, [json.dumps(each) for each in progress]])


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


_watches: "WeakKeyDictionary[asyncio.AbstractEventLoop, Watch]" = WeakKeyDictionary()


def watch() -> Watch:
    """This event loop's."""
    loop = asyncio.get_running_loop()
    found = _watches.get(loop)
    if found is None:
        found = _watches[loop] = Watch()
    return found


async def aclose() -> None:
    """Let this loop's calls end, as far as there is time, and stop watching."""
    loop = asyncio.get_running_loop()
    found = _watches.get(loop)
    if found is not None:
        # Its calls let go of the watch that they find here: it stays until they have ended.
        await found.closed()
        _watches.pop(loop, None)


def why_cancelled(passage: Passage) -> QuartermasterError:
    """A process that ends breaks off what its callers did not want broken off."""
    return passage.stopped_by or (Interrupted() if watch().is_closing else Cancelled())
