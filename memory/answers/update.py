"""Having a memory changed."""

from typing import Any
from uuid import UUID

from memory.answers.reading import split_wait
from memory.answers.types import Answer, Asker, in_tenant
from memory.embedding.now import embed_now
from memory.models import Memory
from memory.shown import shown
from memory.update import update_memory


async def update(asker: Asker, memory_id: UUID, version: int, asked: Any) -> Answer:
    """`version`: the one that was read. `asked`: the fields to change, and `wait_ms`."""
    changes, wait_ms = split_wait(asked)
    memory = await in_tenant(asker, _update, memory_id, version, changes)
    return await written(asker, memory, wait_ms)


def _update(asker: Asker, memory_id: UUID, version: int, changes: dict[str, Any]) -> Memory:
    return update_memory(by=asker.by, memory_id=memory_id, version=version, changes=changes)


async def written(asker: Asker, memory: Memory, wait_ms: int) -> Answer:
    """After the commit, when its vector is there or `wait_ms` are over."""
    statuses = await embed_now(tenant_id=asker.tenant_id, memory_ids=[memory.id], wait_ms=wait_ms)
    return Answer(shown(memory, embedding=statuses[memory.id]), version=memory.version)
