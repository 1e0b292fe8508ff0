"""What a memory says, and said at a version: the facts that can be changed."""

from collections.abc import Mapping
from typing import Any

from memory.models import Memory, MemoryVersion
from memory.versions import CHANGEABLE


def says(memory: Memory) -> dict[str, Any]:
    return {name: getattr(memory, name) for name in CHANGEABLE}


def facts_at(memory: Memory, version: int) -> Mapping[str, Any] | None:
    """As they were at that version; None where that is not known any more. Times are text then.

    Deleting and restoring change no facts and keep none: then the next version that has some says it.
    """
    if not 0 < version <= memory.version:
        return None
    oldest = MemoryVersion.objects.filter(memory=memory).order_by("version").values_list("version", flat=True).first()
    if version < memory.version and (oldest is None or version < oldest):
        return None
    kept = MemoryVersion.objects.filter(memory=memory, version__gte=version).exclude(facts={}).order_by("version")
    facts: Mapping[str, Any] | None = kept.values_list("facts", flat=True).first()
    return facts or says(memory)
