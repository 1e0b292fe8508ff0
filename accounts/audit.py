"""Writing the audit trail: one row in the transaction of what it records, and the event that others are told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import AuditEntry

SYSTEM = "system"


def entry(
    *, tenant_id: UUID | None, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """An unsaved entry, for a caller that writes it together with its own rows.

    `detail` holds ids, words, counts and digests; never a payload or a secret.
    """
    return AuditEntry(
        tenant_id=tenant_id,
        at=timezone.now(),
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
    )


def record(
    *, tenant_id: UUID | None, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Write what happened. Call it inside the transaction of the change, so that both stand or neither."""
    written = entry(tenant_id=tenant_id, actor=actor, action=action, subject=subject, detail=detail)
    written.save(force_insert=True)
    return written
