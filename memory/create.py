"""Having something remembered: what a namespace holds already is not made again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from accounts.caller import Actor
from accounts.errors import Fault, Invalid, QuartermasterError
from memory.access import Reach, reach_of
from memory.content import read_facts
from memory.embedding.given import Given, read_vectors
from memory.embedding.queue import queue
from memory.errors import QuotaReached
from memory.inserting import Key, digest_of, insert_once, key_of, there_with
from memory.limits import MOST_AT_ONCE
from memory.models import Memory
from memory.quota import room_for
from memory.redact import Redactor, redactor_for
from memory.told import tell_created


@dataclass(frozen=True)
class Created:
    memory: Memory
    is_new: bool
    """False: the namespace held this content already, and the memory is as it was."""


Became: TypeAlias = Created | QuartermasterError
_Drafts: TypeAlias = dict[int, Memory]
"""Unsaved, by their number in the request."""


def create_memory(*, tenant_id: UUID, by: Actor, facts: Mapping[str, Any]) -> Created:
    """Raises Forbidden, Invalid with every fault, QuotaReached, VaultLocked."""
    (became,) = _create(tenant_id, by, [facts])
    if isinstance(became, QuartermasterError):
        raise became
    return became


def create_memories(
    *, tenant_id: UUID, by: Actor, items: Sequence[Mapping[str, Any]], atomic: bool
) -> list[Created | QuartermasterError]:
    """What became of each, in order; as many statements as for one. Two that are the same are one.

    `atomic`: all or none; what is wrong with any is raised, faults at paths such as `$.memories[2].kind`. Raises
    Invalid on no memory and on too many, and as `create_memory` what is about none of them.
    """
    if not 1 <= len(items) <= MOST_AT_ONCE:
        raise Invalid(faults=[Fault("$.memories", f"Give 1 to {MOST_AT_ONCE} memories; these are {len(items)}.")])
    return _create(tenant_id, by, items, atomic=atomic)


def create_untold(*, tenant_id: UUID, by: Actor, items: Sequence[Mapping[str, Any]]) -> list[Became]:
    """As `create_memories`, some of them, for an import: it bounds the items, and tells the audit trail of them all."""
    return _create(tenant_id, by, items, tell=False)


def _create(
    tenant_id: UUID, by: Actor, items: Sequence[Mapping[str, Any]], *, atomic: bool = False, tell: bool = True
) -> list[Created | QuartermasterError]:
    reach, redactor, given = reach_of(by), redactor_for(tenant_id, by), read_vectors(items)
    became: dict[int, Became] = {}
    drafts: _Drafts = {}
    for number, item in enumerate(items):
        try:
            drafts[number] = _draft(item, tenant_id, by, reach, redactor)
            given.check(number)
        except QuartermasterError as error:
            drafts.pop(number, None)
            became[number] = error
    if not (atomic and became):
        became |= dict.fromkeys(_without_room(tenant_id, drafts), QuotaReached())
    if atomic and became:
        raise _all_of(became)
    became |= _insert({number: draft for number, draft in drafts.items() if number not in became}, by, given, tell)
    return [became[number] for number in range(len(items))]


def _draft(item: Mapping[str, Any], tenant_id: UUID, by: Actor, reach: Reach, redactor: Redactor) -> Memory:
    if not isinstance(item, Mapping):
        raise Invalid("This is no memory. See `errors`.", faults=[Fault("$", "Give an object.")])
    facts = read_facts(item, by=by, whole=True)
    facts.pop("vector", None)
    reach.require_write(facts["namespace"])
    kept, is_redacted = redactor.redact(facts)
    draft = Memory(tenant_id=tenant_id, created_by=by.actor, content_digest=digest_of(kept["content"]), **kept)
    draft.is_redacted = is_redacted
    return draft


def _without_room(tenant_id: UUID, drafts: _Drafts) -> list[int]:
    """The numbers of those that the quota has no room for. What is there already needs none."""
    keys = dict.fromkeys(key_of(draft) for draft in drafts.values())
    room = room_for(tenant_id, len(keys))
    if room == len(keys):
        return []
    there = there_with(keys)
    too_many = set([key for key in keys if key not in there][room:])
    return [number for number, draft in drafts.items() if key_of(draft) in too_many]


def _insert(drafts: _Drafts, by: Actor, given: Given, tell: bool) -> dict[int, Became]:
    if not drafts:
        return {}
    first: dict[Key, int] = {}
    for number, draft in drafts.items():
        first.setdefault(key_of(draft), number)
    there = insert_once([drafts[number] for number in first.values()])
    became: dict[int, Became] = {}
    for number, draft in drafts.items():
        memory = there[key_of(draft)]
        memory.is_redacted = memory.is_redacted or draft.is_redacted
        became[number] = Created(memory, is_new=memory is draft)
    if new := {number: draft for number, draft in drafts.items() if there[key_of(draft)] is draft}:
        queue(list(new.values()), vectors=given.by_memory(new))
        if tell:
            tell_created(by=by, memories=list(new.values()))
    return became


def _all_of(errors: Mapping[int, Became]) -> QuartermasterError:
    """Of all or none: every fault of every memory, or the first thing that is no fault."""
    faults: list[Fault] = []
    for number, error in sorted(errors.items()):
        if isinstance(error, QuartermasterError) and not isinstance(error, Invalid):
            return error
        if isinstance(error, Invalid):
            faults += [Fault(f"$.memories[{number}]{each.path[1:]}", each.message) for each in error.faults]
    return Invalid("Nothing was stored: some of these are not what a memory may say. See `errors`.", faults=faults)
