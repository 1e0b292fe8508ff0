"""What the verbs that change memories have in common: who may, at which version, and that nobody else does."""

from uuid import UUID

from accounts.caller import Actor
from accounts.errors import PreconditionFailed
from memory.access import Reach, reach_of
from memory.find import one_of, readable
from memory.models import Memory
from memory.models.memory import MemoryQuerySet


def lock_memory(*, by: Actor, memory_id: UUID, deleted: bool = False) -> tuple[Memory, Reach]:
    """As it is now, until the transaction's end; and where the caller may write. Raises Forbidden, MemoryNotFound."""
    reach = reach_of(by)
    memory = one_of(readable(reach, deleted=deleted).select_for_update(of=("self",), no_key=True), memory_id)
    reach.require_write(memory.namespace)
    return memory, reach


def lock_some(rows: MemoryQuerySet, most: int) -> list[Memory]:
    """So many of them, until the transaction's end, with what says where they lie and nothing of what they say."""
    return list(
        rows.only("id", "tenant_id", "namespace", "version").select_for_update(of=("self",), no_key=True)[:most]
    )


def require_version(memory: Memory, version: int) -> None:
    """Raises PreconditionFailed."""
    if memory.version != version:
        raise PreconditionFailed(
            f"This memory has been changed since you read it: it is at version {memory.version}, not {version}. Read "
            "it again, and send your change with its new version."
        )
