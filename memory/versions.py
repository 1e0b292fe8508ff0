"""Keeping what a memory said, each time that it is changed."""

from typing import Any

from accounts.caller import Actor
from memory.limits import MOST_VERSIONS
from memory.models import Change, Memory, MemoryVersion
from memory.shown import iso

CHANGEABLE = (
    *("namespace", "kind", "content", "metadata", "tags", "source", "trust", "end_user"),
    *("valid_from", "valid_to", "expires_at"),
)


def keep_version(memory: Memory, *, by: Actor) -> None:
    """Before an update: what the memory says now; and the oldest version goes, where there are too many."""
    version_of(memory, Change.UPDATED, by=by, facts=facts_of(memory)).save(force_insert=True)
    if memory.version > MOST_VERSIONS:
        MemoryVersion.objects.filter(memory=memory, version__lte=memory.version - MOST_VERSIONS).delete()


def version_of(memory: Memory, change: Change, *, by: Actor, facts: dict[str, Any] | None = None) -> MemoryVersion:
    """Unsaved. Without facts where the change left all of them alone."""
    return MemoryVersion(
        tenant_id=memory.tenant_id,
        memory=memory,
        version=memory.version,
        facts=facts or {},
        change=change,
        changed_by=by.actor,
    )


def facts_of(memory: Memory) -> dict[str, Any]:
    """As JSON says them."""
    times = {name: iso(getattr(memory, name)) for name in ("valid_from", "valid_to", "expires_at")}
    return {name: getattr(memory, name) for name in CHANGEABLE} | times
