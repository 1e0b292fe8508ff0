"""Ending a connection: revoked at the vendor where that can be done, destroyed here in any case."""

import logging
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Invalid
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.account import rules_for
from integrations.connections.holding import find, held_by, locked
from integrations.connections.oauth.requests import revoke_request
from integrations.connections.words import answered, found
from integrations.egress import EgressRequest, EgressRules
from integrations.egress.blocking import send
from integrations.errors import ConnectionMissing, EgressBlocked, SealBroken, UpstreamFailure, VaultLocked
from integrations.models import Connection, Credential
from integrations.models.connection import ConnectionState

log = logging.getLogger(__name__)

REVOKED, REFUSED, UNREACHABLE, NOT_OFFERED = "revoked", "refused", "unreachable", "not_offered"
_TOLD = {
    REVOKED: "Disconnected, and its token was revoked at the vendor.",
    REFUSED: "Disconnected. The vendor did not revoke its token: remove the access there.",
    UNREACHABLE: "Disconnected. The vendor could not be reached to revoke its token: remove the access there.",
    NOT_OFFERED: "Disconnected. What it was made with stays valid at the vendor until it is removed there.",
}


def disconnect(*, tenant_id: UUID, by: Actor, connection_id: UUID) -> Connection:
    """Its credentials are deleted, previous ones too; `reason` says what came of the revocation (RFC 7009).

    Outside any transaction: it asks the vendor first, for ten seconds at most, and goes on whatever it says. Raises
    Forbidden, ConnectionMissing.
    """
    by.require(Right.CREDENTIALS)
    with within(tenant_id):
        request = _revocation(find(connection_id))
        rules = rules_for(Tenant.objects.get(id=tenant_id))
    outcome = NOT_OFFERED if request is None else _revoke(request, rules)
    with within(tenant_id):
        connection = locked(connection_id)
        Credential.objects.filter(connection=connection).delete()
        connection.state, connection.reason = ConnectionState.DISCONNECTED, _TOLD[outcome]
        connection.is_default = False
        connection.save(update_fields=["state", "reason", "is_default", "updated_at"])
        record(
            tenant_id=tenant_id,
            actor=by.actor,
            action="connection.disconnected",
            subject=f"connection:{connection.id}",
            detail={"connector": connection.connector, "revocation": outcome},
        )
        bump_generation(tenant_id)
    return connection


def _revocation(connection: Connection) -> EgressRequest | None:
    """None where there is nothing to revoke, or no way to: also when the connector is gone, or nothing opens."""
    credential = Credential.objects.filter(connection=connection, state="current").first()
    if credential is None:
        return None
    try:
        _, held = held_by(connection, credential)
        return revoke_request(held.way.oauth, held) if held.way.oauth else None
    except (ConnectionMissing, Invalid, SealBroken, VaultLocked):
        return None


def _revoke(request: EgressRequest, rules: EgressRules) -> str:
    try:
        answer = send(request, rules=rules)
    except (EgressBlocked, UpstreamFailure) as error:
        log.info("A token could not be revoked: %s", error.code, extra={"action": "revocation_failed"})
        return UNREACHABLE
    # Some answer 200 to everything.
    is_refusal = found("error", answered(answer)) or not 200 <= answer.status < 300
    return REFUSED if is_refusal else REVOKED
