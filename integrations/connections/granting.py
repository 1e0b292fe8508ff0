"""What one call goes out with."""

from uuid import UUID

from integrations.connections.grant import CallGrant
from integrations.errors import ConnectionMissing


async def grant_for(
    *, tenant_id: UUID, generation: int, connection_id: UUID, refused: CallGrant | None = None
) -> CallGrant:
    """Stands in until connections can be made."""
    raise ConnectionMissing


async def expire_after_refusal(*, tenant_id: UUID, refused: CallGrant, reason: str) -> None:
    """Stands in until connections can be made."""
