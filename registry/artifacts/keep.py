"""Keeping the whole of an answer that is told in part: written to the storage first, its row with the execution's.

A process that dies in between leaves a file that no row knows of, which the sweep removes; never a row without content.
What cannot be kept does not make the call fail: the caller is told why there is nothing to read on in.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.errors import QuartermasterError
from accounts.ids import new_id
from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.vault.chunks import ChunkSealer, chunk_sealer
from registry.artifacts.content import Content
from registry.artifacts.sealed import MoreThanAllowed, Written, write
from registry.artifacts.threads import in_storage_thread
from registry.models import Artifact
from registry.shaping.weight import tokens_of_weight

PURPOSE = "artifact"
PATIENCE_SECONDS = 20
"""How long a call whose answer is there waits for the storage. What is written after that is an orphan."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    artifact: Artifact | None
    """To be saved with the execution."""
    reason: str = ""
    """Why there is none, as a sentence for the caller."""


@dataclass(frozen=True)
class _Room:
    artifact_id: UUID
    left: int
    """Bytes of the tenant's quota."""
    quota: int
    ttl: timedelta
    sealer: ChunkSealer


async def keep_artifact(
    content: Content, *, tenant_id: UUID, execution_id: UUID, ttl_seconds: int | None = None
) -> Kept:
    """Write the content where only this tenant can read it. `ttl_seconds` is the tool's own, if it has one."""
    try:
        room = await in_database_thread(_make_room, tenant_id, ttl_seconds)
        name = f"{tenant_id}/{room.artifact_id}"
        async with asyncio.timeout(PATIENCE_SECONDS):
            written = await in_storage_thread(write, name, content.pieces(), room.sealer, most=room.left)
    except MoreThanAllowed:
        return Kept(None, _no_room(room))
    except TimeoutError:
        log.warning("An artifact was not kept: the storage is too slow", extra={"action": "artifact_not_kept"})
        return Kept(None, f"It could not be kept: the storage for artifacts took more than {PATIENCE_SECONDS} seconds.")
    except (OSError, QuartermasterError) as error:
        log.warning("An artifact was not kept: %s", error, extra={"action": "artifact_not_kept"})
        return Kept(None, "It could not be kept: the storage for artifacts is away. An operator can look at the log.")
    return Kept(_row(content, room, written, tenant_id, execution_id, timezone.now()))


def _make_room(tenant_id: UUID, ttl_seconds: int | None) -> _Room:
    with within(tenant_id):
        own = Tenant.objects.values("artifact_quota_bytes", "artifact_ttl_seconds").get(id=tenant_id)
        quota = quota_of(own["artifact_quota_bytes"])
        artifact_id = new_id()
        return _Room(
            artifact_id,
            quota - Artifact.objects.bytes_kept(),
            quota,
            timedelta(seconds=ttl_seconds or own["artifact_ttl_seconds"] or settings.ARTIFACT_TTL_SECONDS),
            chunk_sealer(tenant_id=tenant_id, purpose=PURPOSE, field=str(artifact_id)),
        )


def quota_of(own: int | None) -> int:
    return int(settings.ARTIFACT_QUOTA_BYTES if own is None else own)


def _row(
    content: Content, room: _Room, written: Written, tenant_id: UUID, execution_id: UUID, now: datetime
) -> Artifact:
    return Artifact(
        id=room.artifact_id,
        tenant_id=tenant_id,
        execution_id=execution_id,
        media_type=content.media_type,
        is_text=content.is_text,
        holds_secrets=content.holds_secrets,
        size=written.size,
        sha256=written.sha256,
        tokens=tokens_of_weight(written.weight) if content.is_text else None,
        line_count=written.line_count if content.is_text else None,
        storage_name=f"{tenant_id}/{room.artifact_id}",
        sealed_head=room.sealer.head,
        sealed_key=room.sealer.sealed_key,
        newlines_before=written.newlines_before if content.is_text else b"",
        created_at=now,
        expires_at=now + room.ttl,
    )


def _no_room(room: _Room) -> str:
    return (
        f"It was not kept: the tenant's artifacts may take {room.quota:,} bytes together, and with this one they would "
        "take more. Ask the tool for less, or have the platform's owner raise the quota."
    )


def address_of(execution_id: UUID) -> str:
    return f"/api/v1/executions/{execution_id}/artifact/"


def as_told(artifact: Artifact) -> dict[str, Any]:
    """What stands on the execution: enough to know whether to read on, and where."""
    return {
        "id": str(artifact.id),
        "media_type": artifact.media_type,
        "size": artifact.size,
        "sha256": artifact.sha256,
        "tokens": artifact.tokens,
        "lines": artifact.line_count,
        "expires_at": artifact.expires_at.isoformat().replace("+00:00", "Z"),
        "url": address_of(artifact.execution_id),
    }
