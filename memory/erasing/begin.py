"""Ordering an erasure. A worker carries it out."""

import hashlib
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from accounts.telling import tell_workers
from memory.bulk.asked import asked_by
from memory.bulk.lock import lock_bulk
from memory.erasing.proof import count
from memory.erasing.targets import Target
from memory.limits import LONGEST_END_USER
from memory.models import Erased, MemoryErasure, MemoryImport
from memory.namespaces import read_namespace

TASK = "memory.tasks.erase_memories"


def begin_erasure(*, tenant_id: UUID, by: Actor, what: str, target: str = "") -> MemoryErasure:
    """`what` is one of Erased, `target` the namespace or the end user.

    Raises Forbidden, Invalid, and Conflict while memories are being imported, which could bring them back, or while
    the same is being erased.
    """
    chosen = read_target(by=by, what=what, target=target)
    lock_bulk(tenant_id)
    going_on = MemoryImport.objects.unended().values_list("id", flat=True).first()
    if going_on is not None:
        raise Conflict(f"The import {going_on} has not ended, and might bring them back. Wait for it, or cancel it.")
    if MemoryErasure.objects.unended().filter(what=chosen.what, target=chosen.name).exists():
        raise Conflict("This is being erased already. `GET /api/v1/memory-erasures/` says how far it is.")
    row = MemoryErasure(
        tenant_id=tenant_id,
        what=chosen.what,
        target=chosen.name,
        target_digest=hashlib.sha256((chosen.name or str(tenant_id)).encode()).hexdigest(),
        **asked_by(by),
    )
    row.save(force_insert=True)
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="memory_erasure.began",
        subject=f"memory_erasure:{row.id}",
        detail={"what": row.what, "target_digest": row.target_digest},
    )
    tell_workers(TASK)
    return row


def count_erasure(*, by: Actor, what: str, target: str = "") -> dict[str, int]:
    """What would be removed, by table; nothing is. Raises Forbidden, Invalid."""
    return count(read_target(by=by, what=what, target=target))


def read_target(*, by: Actor, what: str, target: str) -> Target:
    """Raises Forbidden, Invalid."""
    by.require(Right.PEOPLE)
    if what not in Erased.values:
        raise _refused("$.what", f"Give one of: {', '.join(Erased.values)}.")
    if what == Erased.TENANT:
        if target:
            raise _refused("$.target", "Leave this out: all of the tenant's memories are erased.")
        return Target(Erased.TENANT, "")
    if not target:
        raise _refused("$.target", "This is needed: the namespace, or the end user.")
    if what == Erased.NAMESPACE:
        return Target(Erased.NAMESPACE, read_namespace(target, path="$.target"))
    if len(target) > LONGEST_END_USER:
        raise _refused("$.target", f"Give at most {LONGEST_END_USER} characters.")
    return Target(Erased.END_USER, target)


def _refused(path: str, sentence: str) -> Invalid:
    return Invalid("This cannot be erased. See `errors`.", faults=[Fault(path, sentence)])
