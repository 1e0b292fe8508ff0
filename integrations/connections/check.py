"""Checking a connection on demand: whether its vendor still takes the credential, and for which account."""

from uuid import UUID

from django.utils import timezone

from accounts import bridge
from accounts.audit import record
from accounts.caller import Actor
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.account import account_of, rules_for
from integrations.connections.auth.base import Refusal
from integrations.connections.expire import LONGEST_REASON
from integrations.connections.grant import CallGrant
from integrations.connections.granting import grant_for
from integrations.connections.holding import connector_of, find
from integrations.errors import ConnectionExpired
from integrations.models import Connection
from integrations.models.connection import ConnectionState


def check_connection(*, tenant_id: UUID, by: Actor, connection_id: UUID) -> Connection:
    """The connection as it is now: active, or expired with the vendor's words. An expired one may come back so.

    A token that has expired is refreshed first, in the loop of the bridge: outside any transaction of the caller's.
    Raises Forbidden, ConnectionMissing, and a leaf of UpstreamFailure when nobody answered: then nothing is known.
    """
    by.require(Right.CREDENTIALS)
    with within(tenant_id):
        connection = find(connection_id)
        connector, _ = connector_of(connection)
        tenant = Tenant.objects.get(id=tenant_id)
        rules = rules_for(tenant)
    try:
        grant = bridge.start(_grant(tenant, connection_id)).result()
        account = account_of(
            connector,
            base=grant.base_url,
            apply=grant.apply,
            origins=grant.origins,
            secrets=grant.secrets,
            rules=rules,
        )
    except ConnectionExpired:
        return _note(tenant_id, by, connection_id, expired=True)  # the row says why
    except Refusal as refusal:
        reason = f"{connector.name} does not take the credential. It says: “{refusal.words}”"
        return _note(tenant_id, by, connection_id, expired=True, reason=reason)
    return _note(tenant_id, by, connection_id, expired=False, account=account)


async def _grant(tenant: Tenant, connection_id: UUID) -> CallGrant:
    return await grant_for(tenant_id=tenant.id, generation=tenant.generation, connection_id=connection_id)


def _note(
    tenant_id: UUID, by: Actor, connection_id: UUID, *, expired: bool, reason: str = "", account: str = ""
) -> Connection:
    with within(tenant_id):
        connection = Connection.objects.select_for_update().get(id=find(connection_id).id)
        before = connection.state
        connection.state = ConnectionState.EXPIRED if expired else ConnectionState.ACTIVE
        connection.reason = reason[:LONGEST_REASON] or (connection.reason if expired else "")
        connection.account = account or connection.account
        connection.checked_at = timezone.now()
        connection.save(update_fields=["state", "reason", "account", "checked_at", "updated_at"])
        record(
            tenant_id=tenant_id,
            actor=by.actor,
            action="connection.checked",
            subject=f"connection:{connection.id}",
            detail={"connector": connection.connector, "state": str(connection.state)},
        )
        if connection.state != before:
            bump_generation(tenant_id)
    return connection
