"""Following an execution until it has ended: its state now, then every change that its row shows."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

from accounts.offload import in_database_thread
from accounts.pool import AWAY
from accounts.tenancy import within
from registry.errors import ExecutionNotFound
from registry.execution.news import news
from registry.models import Execution
from registry.models.execution import UNFINISHED

SOONEST_SECONDS = 0.25
"""When a follower that hears nothing looks again, after something has changed."""
LATEST_SECONDS = 2.0
"""The same after a long time without a change."""


@dataclass(frozen=True)
class State:
    execution: Execution

    @property
    def stage(self) -> str:
        """Equal stages: nothing but progress was made."""
        return f"{self.execution.status}:{self.execution.waits_for}:{self.execution.run}"

    @property
    def mark(self) -> str:
        """Equal marks: nothing new."""
        return f"{self.stage}:{(self.execution.progress or {}).get('at', '')}"

    @property
    def has_ended(self) -> bool:
        return self.execution.status not in UNFINISHED


def state_of(tenant_id: UUID, execution_id: UUID) -> State:
    """Raises ExecutionNotFound."""
    with within(tenant_id):
        execution = Execution.objects.filter(id=execution_id).first()
    if execution is None:
        raise ExecutionNotFound
    return State(execution)


async def follow(state: State) -> AsyncGenerator[State | None, None]:
    """The states after this one, until it has ended. None: there was nothing new to see, or no way to look."""
    tenant_id, execution_id = state.execution.tenant_id, state.execution.id
    pause = SOONEST_SECONDS
    with news().of(execution_id) as changed:
        while not state.has_ended:
            await _until(changed, pause)
            pause = min(pause * 1.5, LATEST_SECONDS)
            try:
                seen = await in_database_thread(state_of, tenant_id, execution_id)
            except AWAY:
                yield None
                continue
            if seen.mark == state.mark:
                yield None
                continue
            pause, state = SOONEST_SECONDS, seen
            yield state


async def _until(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return
    changed.clear()
