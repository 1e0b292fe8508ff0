"""Changing a memory, by whoever has read how it is now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from memory.changing import lock_memory, require_version
from memory.colliding import alone, refuse_same
from memory.content import Facts, differ, is_agent, read_facts, time_faults
from memory.embedding.given import read_vectors
from memory.embedding.queue import follow
from memory.inserting import digest_of
from memory.models import Change, Memory, Trust
from memory.redact import redactor_for
from memory.told import tell_updated
from memory.versions import facts_of, keep_versions, version_of

_SAID = frozenset({"content", "metadata", "tags", "source"})
"""What a memory says: trust is about that."""


def update_memory(*, by: Actor, memory_id: UUID, version: int, changes: Mapping[str, Any]) -> Memory:
    """Put what differs; with nothing that differs it stays at its version. `version`: the one that was read.

    Raises Forbidden, MemoryNotFound, Invalid with every fault, PreconditionFailed where it has another version by now,
    Conflict where its namespace holds the same already.
    """
    memory, reach = lock_memory(by=by, memory_id=memory_id)
    facts = read_facts(changes, by=by, whole=False)
    given = read_vectors([facts])
    given.check(0)
    facts.pop("vector", None)
    reach.require_write(facts.get("namespace", memory.namespace))
    require_version(memory, version)
    facts, is_redacted = redactor_for(memory.tenant_id, by).redact(facts)
    changed = _changed(memory, facts, by)
    memory.is_redacted = is_redacted
    if not changed and not given.vectors:
        return memory
    if changed:
        _put(memory, changed, by)
    follow(memory, changed=changed, vector=given.vector(0) if given.vectors else None)
    tell_updated(by=by, memory=memory, fields=[*changed, *(["vector"] if given.vectors else [])])
    return memory


def _put(memory: Memory, changed: Facts, by: Actor) -> None:
    earlier = version_of(memory, Change.UPDATED, by=by, facts=facts_of(memory))
    for name, value in changed.items():
        setattr(memory, name, value)
    memory.version += 1
    fields = [*changed, "version", "updated_at"]
    if changed.keys() & {"content", "namespace"}:
        memory.content_digest = digest_of(memory.content)
        refuse_same(memory)
        fields.append("content_digest")
    with alone(memory):
        keep_versions([earlier])
        memory.save(update_fields=fields)


def _changed(memory: Memory, facts: Facts, by: Actor) -> Facts:
    """What differs. Raises Invalid where its times do not fit one another, or an agent would have it trusted more."""
    _refuse_more_trust(memory, facts, by)
    changed = {name: value for name, value in facts.items() if differ(getattr(memory, name), value)}
    if is_agent(by) and memory.trust == Trust.TRUSTED and changed.keys() & _SAID:
        # A person vouched for other words than these.
        changed.setdefault("trust", Trust.AGENT.value)
    times = {name: changed.get(name, getattr(memory, name)) for name in ("valid_from", "valid_to")}
    if faults := time_faults(times):
        raise Invalid("These times do not fit one another. See `errors`.", faults=faults)
    return changed


def _refuse_more_trust(memory: Memory, facts: Facts, by: Actor) -> None:
    if is_agent(by) and memory.trust == Trust.UNTRUSTED and facts.get("trust", Trust.UNTRUSTED) != Trust.UNTRUSTED:
        said = "Only a person can say that this is to be trusted more than it was."
        raise Invalid("This would be trusted too much. See `errors`.", faults=[Fault("$.trust", said)])
