"""What a receiver is told of an event: ids, words and counts, never a payload and never a secret."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from accounts.events import Event

Letter: TypeAlias = dict[str, Any]
"""As Standard Webhooks has it: `{"type": "execution.failed", "timestamp": "…", "data": {…}}`."""

MOST_LISTED = 100
"""What a sweep finds is one entry, whose lists may be long: the first of them are told, and how many there are."""


def letter_of(tenant_id: UUID, event: Event) -> Letter:
    """`data` is the entry's detail, with who did it, what it happened to, and its place in the tenant's trail."""
    told = {"tenant": str(tenant_id), "sequence": event.sequence, "actor": event.actor, "subject": event.subject}
    return letter(event.action, event.at, {**dict(_in_short(event.detail)), **told})


def letter(event_type: str, at: datetime, data: Mapping[str, Any]) -> Letter:
    return {"type": event_type, "timestamp": at.astimezone(UTC).isoformat().replace("+00:00", "Z"), "data": dict(data)}


def _in_short(detail: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in detail.items():
        if isinstance(value, list) and len(value) > MOST_LISTED:
            yield name, value[:MOST_LISTED]
            yield f"{name}_count", len(value)
        else:
            yield name, value
