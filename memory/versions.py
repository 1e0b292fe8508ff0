"""Keeping what a memory said, each time that it is changed."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from accounts.caller import Actor
from memory.limits import MOST_VERSIONS
from memory.models import Change, Memory, MemoryVersion
from memory.shown import iso

CHANGEABLE = (
    *("namespace", "kind", "content", "metadata", "tags", "source", "trust", "end_user"),
    *("valid_from", "valid_to", "expires_at"),
)


def keep_versions(earlier: Sequence[MemoryVersion]) -> None:
    """Before their memories are written; and let the oldest one go, where there are too many."""
    MemoryVersion.objects.bulk_create(earlier)
    if many := [each.memory_id for each in earlier if each.version > MOST_VERSIONS]:
        MemoryVersion.objects.filter(memory__in=many, version__lte=F("memory__version") - MOST_VERSIONS).delete()


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
