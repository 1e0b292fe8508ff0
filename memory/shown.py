"""A memory as it is shown, by every door alike."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from accounts.errors import Fault, Invalid
from memory.models import Memory


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_FIELDS: Mapping[str, Callable[[Memory], Any]] = {
    "id": lambda memory: str(memory.id),
    "namespace": lambda memory: memory.namespace,
    "kind": lambda memory: memory.kind,
    "content": lambda memory: memory.content,
    "metadata": lambda memory: memory.metadata,
    "tags": lambda memory: list(memory.tags),
    "source": lambda memory: memory.source,
    "trust": lambda memory: str(memory.trust),
    "end_user": lambda memory: memory.end_user,
    "valid_from": lambda memory: iso(memory.valid_from),
    "valid_to": lambda memory: iso(memory.valid_to),
    "expires_at": lambda memory: iso(memory.expires_at),
    "version": lambda memory: memory.version,
    "created_by": lambda memory: memory.created_by,
    "created_at": lambda memory: iso(memory.created_at),
    "updated_at": lambda memory: iso(memory.updated_at),
}
FIELDS = frozenset(_FIELDS) | {"embedding"}
"""What somebody may ask for by name."""


def shown(memory: Memory, *, embedding: str, fields: Collection[str] | None = None) -> dict[str, Any]:
    """`embedding`: how far its vector is. `fields`: those alone, and the id; None: all."""
    wanted = FIELDS if fields is None else {*fields, "id"}
    told = {name: of(memory) for name, of in _FIELDS.items() if name in wanted}
    if "embedding" in wanted:
        told["embedding"] = embedding
    if memory.is_redacted:
        told["redacted"] = True
    if memory.deleted_at is not None:
        told |= {"deleted_at": iso(memory.deleted_at), "deleted_by": memory.deleted_by}
    return told


def read_fields(names: Collection[str], *, path: str = "fields") -> frozenset[str]:
    """Raises Invalid with each name that is no field."""
    unknown = sorted(set(names) - FIELDS)
    if unknown:
        known = ", ".join(sorted(FIELDS))
        raise Invalid(faults=[Fault(path, f"There is no field `{name}`. There are: {known}.") for name in unknown])
    return frozenset(names)
