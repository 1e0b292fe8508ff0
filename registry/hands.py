"""What a worker process does at once: executions that it was told of, or found due, up to WORKER_EXECUTIONS."""

import asyncio
import logging
from uuid import UUID

from django.conf import settings
from django.db.models.functions import Now

from accounts.offload import in_database_thread
from accounts.tenancy import platform
from registry.execution.resume import resume
from registry.execution.watch import watch
from registry.models import Execution

log = logging.getLogger(__name__)


class Hands:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._busy: dict[UUID, asyncio.Task[None]] = {}
        self._turned_away = False

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
        """Start what is due, the oldest first."""
        free = settings.WORKER_EXECUTIONS - len(self._busy)
        if free > 0 and not watch().is_closing:
            for tenant_id, execution_id in await in_database_thread(_due, free):
                self.take(tenant_id, execution_id)

    async def _run(self, tenant_id: UUID, execution_id: UUID) -> None:
        try:
            await resume(tenant_id, execution_id)
        except Exception:
            # Not recorded, so PostgreSQL is away: the lease ends, and it is taken up again or given up.
            log.exception("An execution could not be resumed.", extra={"action": "resume_failed"})
        finally:
            del self._busy[execution_id]
        if self._turned_away:
            self._turned_away = False
            await self.take_due()


def _due(most: int) -> list[tuple[UUID, UUID]]:
    with platform():
        return list(Execution.objects.due(Now()).order_by("id").values_list("tenant_id", "id")[:most])


hands = Hands()
"""A worker has one loop: `accounts/bridge.py`."""


async def take(tenant_id: UUID, execution_id: UUID) -> None:
    hands.take(tenant_id, execution_id)


async def take_due() -> None:
    await hands.take_due()
