"""Opening an execution's artifact for whoever may see the execution."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.roles import Right
from integrations.vault.chunks import chunk_opener
from registry.artifacts.keep import PURPOSE
from registry.artifacts.sealed import Sealed
from registry.errors import ArtifactNotFound, ExecutionNotFound
from registry.models import Artifact, Execution


def open_artifact(execution_id: UUID, *, reader: Caller, at: datetime | None = None) -> Sealed:
    """In the scope of the tenant.

    Raises ExecutionNotFound, ArtifactNotFound with the reason, and Forbidden: what is masked in the execution's row is
    told to the agent that made the call, and to people who could issue themselves its key.
    """
    found = Artifact.objects.filter(execution_id=execution_id).first()
    if found is None or found.expires_at <= (at or timezone.now()):
        raise _absence(execution_id)
    if found.holds_secrets and not _may_read(execution_id, reader):
        raise Forbidden(
            "This artifact holds what is masked in the execution. The agent that made the call may read it, and who "
            f"has the right `{Right.PEOPLE}`."
        )
    opener = chunk_opener(
        tenant_id=found.tenant_id,
        purpose=PURPOSE,
        field=str(found.id),
        head=bytes(found.sealed_head),
        sealed_key=bytes(found.sealed_key),
    )
    return Sealed(found, opener)


def _may_read(execution_id: UUID, reader: Caller) -> bool:
    if reader.may(Right.PEOPLE):
        return True
    if reader.agent_id is None:
        return False
    return Execution.objects.filter(id=execution_id, agent_id=reader.agent_id).exists()


def _absence(execution_id: UUID) -> ExecutionNotFound | ArtifactNotFound:
    execution = Execution.objects.filter(id=execution_id).only("artifact", "truncated").first()
    if execution is None:
        return ExecutionNotFound()
    if execution.artifact is not None:
        return ArtifactNotFound(f"The artifact was kept until {execution.artifact['expires_at']}. Run the tool again.")
    if execution.truncated is not None:
        return ArtifactNotFound(f"This execution has no artifact. {execution.truncated.get('rest', '')}".strip())
    return ArtifactNotFound()
