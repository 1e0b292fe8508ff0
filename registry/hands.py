"""What a worker process does at once: executions that it was told of, or found due, up to WORKER_EXECUTIONS."""

import asyncio
import contextlib
import logging
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from accounts.offload import in_database_thread
from registry.execution.resume import put_off, resume
from registry.execution.watch import watch
from registry.turns import next_in_turn

log = logging.getLogger(__name__)


class Hands:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._busy: dict[UUID, asyncio.Task[None]] = {}
        self._turned_away = False
        self._served_last: UUID | None = None

    def take(self, tenant_id: UUID, execution_id: UUID) -> None:
        """Start it, if there is a hand free; it waits in its row otherwise."""
        if watch().is_closing or execution_id in self._busy:
            return
        if len(self._busy) >= settings.WORKER_EXECUTIONS:
            self._turned_away = True
            return
        task = asyncio.create_task(self._run(tenant_id, execution_id))
        self._busy[execution_id] = task

    async def take_due(self) -> None:
        """Start what is due, the tenants in turn."""
        free = settings.WORKER_EXECUTIONS - len(self._busy)
        if free > 0 and not watch().is_closing:
            for tenant_id, execution_id in await in_database_thread(next_in_turn, free, after=self._served_last):
                self.take(tenant_id, execution_id)
                self._served_last = tenant_id

    async def _run(self, tenant_id: UUID, execution_id: UUID) -> None:
        try:
            await resume(tenant_id, execution_id)
        except Exception:
            log.exception("An execution could not be resumed.", extra={"action": "resume_failed"})
            # Where PostgreSQL is away, nothing is there to be put off: the lease of what runs ends.
            with contextlib.suppress(DatabaseError):
                await in_database_thread(put_off, tenant_id, execution_id)
        finally:
            del self._busy[execution_id]
        if self._turned_away:
            self._turned_away = False
            await self.take_due()


hands = Hands()
"""A worker has one loop: `accounts/bridge.py`."""


async def take(tenant_id: UUID, execution_id: UUID) -> None:
    hands.take(tenant_id, execution_id)


async def take_due() -> None:
    await hands.take_due()
