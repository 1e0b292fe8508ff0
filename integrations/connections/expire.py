"""A vendor takes a connection's credential no more: calls are refused at once, and an admin sees why."""

from uuid import UUID

from accounts.audit import record
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.grant import CallGrant
from integrations.models import Connection, Credential
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState

LONGEST_REASON = 1_000


def expire_connection(*, tenant_id: UUID, grant: CallGrant, actor: str, reason: str) -> bool:
    """Whether it expired: not when it has another credential or a newer token by now. `reason` is masked already."""
    with within(tenant_id):
        connection = Connection.objects.select_for_update().filter(id=grant.connection_id, state=ConnectionState.ACTIVE)
        found = connection.first()
        if found is None or not is_current(grant):
            return False
        note_expired(found, actor=actor, reason=reason)
        return True


def is_current(grant: CallGrant) -> bool:
    """Whether its connection has no other credential and no newer token by now. Inside the tenant's scope."""
    current = Credential.objects.filter(state=CredentialState.CURRENT)
    return current.filter(id=grant.credential_id, token_version=grant.token_version).exists()


def note_expired(connection: Connection, *, actor: str, reason: str) -> None:
    """Inside the tenant's scope."""
    connection.state, connection.reason = ConnectionState.EXPIRED, reason[:LONGEST_REASON]
    connection.save(update_fields=["state", "reason", "updated_at"])
    record(
        tenant_id=connection.tenant_id,
        actor=actor,
        action="connection.expired",
        subject=f"connection:{connection.id}",
        detail={"connector": connection.connector},
    )
    bump_generation(connection.tenant_id)
