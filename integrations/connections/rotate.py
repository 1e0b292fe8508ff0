"""A new credential in the place of the old one, which can be taken back for a while."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.connect import note_proof, prove_entered, refuse_browser_way
from integrations.connections.credentials import keep_credential
from integrations.connections.entered import read_values
from integrations.connections.holding import connector_of, find, locked
from integrations.connections.pinning import leads_elsewhere
from integrations.connections.proving import Proof
from integrations.models import Connection, Credential
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState

OVERLAP_SECONDS = 86_400
LONGEST_OVERLAP_SECONDS = 30 * 86_400


def rotate_credential(
    *,
    tenant_id: UUID,
    by: Actor,
    connection_id: UUID,
    values: Mapping[str, str],
    overlap_seconds: int = OVERLAP_SECONDS,
    check: bool = True,
) -> Connection:
    """Calls go out with the new values from the commit on, in every process. Outside any transaction: they are proven
    first. Where the connector leads elsewhere by now, the old ones are destroyed at once.

    Raises as `connect` does, and then the old ones stay.
    """
    by.require(Right.CREDENTIALS)
    _refuse_overlap(overlap_seconds)
    with within(tenant_id):
        connection = find(connection_id)
        connector, way = connector_of(connection)
    refuse_browser_way(connector, way)
    entered = read_values(way, values)
    proof = Proof(connection.variables, checked=False)
    if check:
        proof = prove_entered(tenant_id, connector, way, connection.variables, entered)
    with within(tenant_id):
        connection = locked(connection_id)
        connection.auth = way.name
        if leads_elsewhere(connection, connector, way):
            overlap_seconds = 0  # taken back, the old one would be told to whom it was not entered for
        credential = keep_credential(connection, entered, proof.token, overlap=timedelta(seconds=overlap_seconds))
        note_proof(connection, connector, way, proof)
        connection.save()
        _record(connection, by, "connection.rotated", credential, overlap_seconds=overlap_seconds)
    return connection


def take_back(*, tenant_id: UUID, by: Actor, connection_id: UUID) -> Connection:
    """The previous credential is the current one again, and the one that came after it is destroyed.

    Raises Forbidden, ConnectionMissing, Conflict when there is no previous one any more.
    """
    by.require(Right.CREDENTIALS)
    with within(tenant_id):
        connection = locked(connection_id)
        previous = Credential.objects.filter(
            connection=connection, state=CredentialState.PREVIOUS, valid_until__gt=timezone.now()
        ).first()
        if previous is None:
            raise Conflict("There is no previous credential to take back: none was rotated away, or its time is over.")
        Credential.objects.filter(connection=connection, state=CredentialState.CURRENT).delete()
        previous.state, previous.valid_until = CredentialState.CURRENT, None
        previous.save(update_fields=["state", "valid_until"])
        connection.state, connection.reason = ConnectionState.ACTIVE, ""
        connection.save(update_fields=["state", "reason", "updated_at"])
        _record(connection, by, "connection.taken_back", previous)
    return connection


def _refuse_overlap(seconds: int) -> None:
    if not 0 <= seconds <= LONGEST_OVERLAP_SECONDS:
        fault = Fault("$.overlap_seconds", f"Give 0 to {LONGEST_OVERLAP_SECONDS:,} seconds.")
        raise Invalid("The old credential cannot be kept for so long.", faults=[fault])


def _record(connection: Connection, by: Actor, action: str, credential: Credential, **more: int) -> None:
    record(
        tenant_id=connection.tenant_id,
        actor=by.actor,
        action=action,
        subject=f"connection:{connection.id}",
        detail={"credential": str(credential.id), **more},
    )
    bump_generation(connection.tenant_id)
