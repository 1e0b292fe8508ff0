"""Having memories deleted, brought back, or purged: one, or all that a filter finds."""

from typing import Any
from uuid import UUID

from memory.answers.filters import READERS as FILTER
from memory.answers.filters import as_which, read_filter
from memory.answers.find import show_all
from memory.answers.reading import WAIT, Readers, a_flag, a_moment, an_id, read_fields_of, split_wait
from memory.answers.types import Answer, Asker, in_tenant
from memory.answers.update import written
from memory.delete import delete_matching, delete_memory
from memory.embedding.soon import embed_soon
from memory.models import Memory
from memory.purge import purge_matching, purge_memory
from memory.restore import restore_matching, restore_memory


def _to_purge(given: Any) -> dict[str, Any]:
    return read_fields_of(given, {**FILTER, "deleted_before": a_moment})


_DELETE: Readers = {"filter": lambda given: read_filter(given, path="$"), "dry_run": a_flag}
_PURGE: Readers = {"filter": _to_purge, "dry_run": a_flag}


async def delete(asker: Asker, memory_id: UUID, version: int | None) -> Answer:
    """The memory, deleted. `version`: the one that was read, where that matters."""
    return await in_tenant(asker, _delete, memory_id, version)


def _delete(asker: Asker, memory_id: UUID, version: int | None) -> Answer:
    memory = delete_memory(by=asker.by, memory_id=memory_id, version=version)
    (body,) = show_all([memory])
    return Answer(body, version=memory.version)


async def delete_many(asker: Asker, asked: Any) -> Answer:
    """`{"filter": {…}, "dry_run": false}`. `deletion` in the answer is what `restore_many` takes."""
    return await in_tenant(asker, _delete_many, read_fields_of(asked, _DELETE, needed=["filter"]))


def _delete_many(asker: Asker, read: dict[str, Any]) -> Answer:
    dry_run = read.get("dry_run", False)
    deleted = delete_matching(by=asker.by, dry_run=dry_run, **read["filter"])
    deletion = None if deleted.id is None else str(deleted.id)
    return Answer({**_counted(deleted.count, deleted.is_whole, dry_run), "deletion": deletion})


async def restore(asker: Asker, memory_id: UUID, asked: Any) -> Answer:
    """`asked`: `wait_ms`."""
    rest, wait_ms = split_wait(asked)
    read_fields_of(rest, WAIT)
    return await written(asker, await in_tenant(asker, _restore, memory_id), wait_ms)


def _restore(asker: Asker, memory_id: UUID) -> Memory:
    return restore_memory(by=asker.by, memory_id=memory_id)


async def restore_many(asker: Asker, asked: Any) -> Answer:
    """`{"deletion": id}`, as an answer to a deletion has named it."""
    return await in_tenant(
        asker, _restore_many, read_fields_of(asked, {"deletion": an_id}, needed=["deletion"])["deletion"]
    )


def _restore_many(asker: Asker, deletion_id: UUID) -> Answer:
    restored = restore_matching(by=asker.by, deletion_id=deletion_id)
    embed_soon()
    return Answer({"count": restored.count, "left": restored.left})


async def purge(asker: Asker, memory_id: UUID) -> Answer:
    return await in_tenant(asker, _purge, memory_id)


def _purge(asker: Asker, memory_id: UUID) -> Answer:
    purge_memory(by=asker.by, memory_id=memory_id)
    return Answer(_counted(1, is_whole=True, dry_run=False))


async def purge_many(asker: Asker, asked: Any) -> Answer:
    """As `delete_many`, of deleted ones; the filter may have `deleted_before`."""
    return await in_tenant(asker, _purge_many, read_fields_of(asked, _PURGE, needed=["filter"]))


def _purge_many(asker: Asker, read: dict[str, Any]) -> Answer:
    dry_run, chosen = read.get("dry_run", False), read["filter"]
    purged = purge_matching(
        by=asker.by, deleted_before=chosen.get("deleted_before"), dry_run=dry_run, **as_which(chosen)
    )
    return Answer(_counted(purged.count, purged.is_whole, dry_run))


def _counted(count: int, is_whole: bool, dry_run: bool) -> dict[str, Any]:
    return {"count": count, "complete": is_whole, "dry_run": dry_run}
