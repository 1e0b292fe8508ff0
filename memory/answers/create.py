"""Having one or many memories stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from accounts.api.problems import problem
from accounts.caller import Actor
from accounts.errors import QuartermasterError
from memory.access import reach_of
from memory.answers.reading import Readers, a_flag, read_fields_of, split_wait
from memory.answers.types import Answer, Asker, in_tenant
from memory.content import Unfit
from memory.create import Created, create_memories, create_memory
from memory.embedding.now import embed_now
from memory.errors import MemoryNotFound
from memory.find import readable
from memory.models import Memory
from memory.once import once
from memory.shown import shown

_Became: TypeAlias = Created | dict[str, Any]
"""Or the problem document of why it is not there."""


@dataclass(frozen=True)
class _Wanted:
    items: Sequence[Any]
    is_many: bool
    atomic: bool
    asked: Mapping[str, Any]
    """As it was asked, for the key."""


async def create(asker: Asker, asked: Any, *, key: str | None = None) -> Answer:
    """One memory's facts, or `{"memories": […], "atomic": false}`; beside them `wait_ms`.

    `key`: an Idempotency-Key. Raises what the verbs raise, IdempotencyConflict, and Invalid.
    """
    facts, wait_ms = split_wait(asked)
    wanted = _read(facts)
    became = await in_tenant(asker, _create, wanted, key)
    written = {each.memory.id for each in became if isinstance(each, Created) and each.memory.deleted_at is None}
    statuses = await embed_now(tenant_id=asker.tenant_id, memory_ids=written, wait_ms=wait_ms)
    outcomes = [_outcome(each, statuses) for each in became]
    if wanted.is_many:
        return Answer({"outcomes": outcomes})
    (only,) = became
    if not isinstance(only, Created):
        raise MemoryNotFound("This memory was made by an earlier request with this key, and is gone by now.")
    return Answer(outcomes[0]["memory"], version=only.memory.version, is_new=only.is_new)


def _read(facts: dict[str, Any]) -> _Wanted:
    if "memories" not in facts:
        return _Wanted([facts], is_many=False, atomic=True, asked=facts)
    read = read_fields_of(facts, _READERS)
    return _Wanted(read["memories"], is_many=True, atomic=read.get("atomic", False), asked=facts)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unfit("Give a list of memories.")
    return value


_READERS: Readers = {"memories": _list, "atomic": a_flag}


def _create(asker: Asker, wanted: _Wanted, key: str | None) -> list[_Became]:
    became: list[_Became] = []

    def do() -> list[dict[str, Any]]:
        became.extend(map(_told, _made(asker, wanted)))
        return [_kept(each) for each in became]

    kept, is_replay = once(tenant_id=asker.tenant_id, by=asker.by, key=key, asked=wanted.asked, do=do)
    return as_now(asker.by, kept) if is_replay else became


def _made(asker: Asker, wanted: _Wanted) -> Sequence[Created | QuartermasterError]:
    who = {"tenant_id": asker.tenant_id, "by": asker.by}
    if wanted.is_many:
        return create_memories(**who, items=wanted.items, atomic=wanted.atomic)  # type: ignore[arg-type]
    return [create_memory(**who, facts=wanted.items[0])]  # type: ignore[arg-type]


def _told(became: Created | QuartermasterError) -> _Became:
    return became if isinstance(became, Created) else problem(became)


def _kept(became: _Became) -> dict[str, Any]:
    """What is remembered under the key: no word of what a memory says."""
    if not isinstance(became, Created):
        return {"problem": became}
    return {"id": str(became.memory.id), "created": became.is_new, "redacted": became.memory.is_redacted}


def as_now(by: Actor, kept: Sequence[Mapping[str, Any]]) -> list[_Became]:
    """What is remembered under a key: the memories as they are now, perhaps changed since, or deleted.

    What is gone is a problem. As many queries for all as for one.
    """
    reach, ids = reach_of(by), [UUID(each["id"]) for each in kept if "id" in each]
    rows = [row for deleted in (False, True) for row in readable(reach, deleted=deleted).filter(id__in=ids)]
    there = {str(memory.id): memory for memory in rows}
    return [_one_now(each, there) for each in kept]


def _one_now(kept: Mapping[str, Any], there: Mapping[str, Memory]) -> _Became:
    if "problem" in kept:
        return dict(kept["problem"])
    memory = there.get(kept["id"])
    if memory is None:
        return problem(MemoryNotFound())
    memory.is_redacted = kept["redacted"]
    return Created(memory, is_new=kept["created"])


def _outcome(became: _Became, statuses: Mapping[UUID, str]) -> dict[str, Any]:
    if not isinstance(became, Created):
        return {"status": became["status"], "problem": became}
    memory = shown(became.memory, embedding=statuses.get(became.memory.id, "pending")) | {"created": became.is_new}
    return {"status": 201 if became.is_new else 200, "memory": memory}
