"""Artifacts for tests of reading: written as they are written in a call, without one."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import within
from integrations.vault.chunks import chunk_opener, chunk_sealer
from registry.artifacts.content import Content, content_of
from registry.artifacts.keep import PURPOSE
from registry.artifacts.sealed import Sealed, write
from registry.models import Artifact
from registry.shaping.weight import tokens_of_weight

NO_LIMIT = 10**12


def kept(tenant: Tenant, output: Any, media_type: str = "") -> Sealed:
    return kept_content(tenant, content_of(output, media_type))


def kept_content(tenant: Tenant, content: Content, execution_id: UUID | None = None) -> Sealed:
    artifact_id = new_id()
    name = f"{tenant.id}/{artifact_id}"
    with within(tenant.id):
        sealer = chunk_sealer(tenant_id=tenant.id, purpose=PURPOSE, field=str(artifact_id))
        opener = chunk_opener(
            tenant_id=tenant.id,
            purpose=PURPOSE,
            field=str(artifact_id),
            head=sealer.head,
            sealed_key=sealer.sealed_key,
        )
    written = write(name, content.pieces(), sealer, most=NO_LIMIT)
    artifact = Artifact(
        id=artifact_id,
        tenant_id=tenant.id,
        execution_id=execution_id or new_id(),
        media_type=content.media_type,
        is_text=content.is_text,
        size=written.size,
        sha256=written.sha256,
        tokens=tokens_of_weight(written.weight),
        line_count=written.line_count,
        storage_name=name,
        sealed_head=sealer.head,
        sealed_key=sealer.sealed_key,
        newlines_before=written.newlines_before,
        created_at=timezone.now(),
    )
    return Sealed(artifact, opener)


def saved_for(tenant: Tenant, execution_id: UUID, output: Any, **facts: Any) -> Artifact:
    """With its row, for a day."""
    artifact = kept_content(tenant, content_of(output), execution_id).artifact
    artifact.expires_at = timezone.now() + timedelta(days=1)
    for name, value in facts.items():
        setattr(artifact, name, value)
    with within(tenant.id):
        artifact.save(force_insert=True)
    return artifact
