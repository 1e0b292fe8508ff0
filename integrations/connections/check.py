"""Checking a connection on demand: whether its vendor still takes the credential, and for which account."""

from dataclasses import dataclass
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
from integrations.connections.expire import LONGEST_REASON, is_current
from integrations.connections.grant import CallGrant
from integrations.connections.granting import grant_for
from integrations.connections.holding import connector_of, find, locked
from integrations.errors import ConnectionExpired
from integrations.format.types import Connector
from integrations.models import Connection
from integrations.models.connection import ConnectionState


def check_connection(*, tenant_id: UUID, by: Actor, connection_id: UUID) -> Connection:
    """The connection as it is now: active, or expired with the vendor's words. An expired one may come back so.

    A token that has expired, or is refused, is refreshed first, in the loop of the bridge: outside any transaction of
    the caller's. A credential that takes the place of the one that is asked about stays as it is.
    Raises Forbidden, ConnectionMissing, and a leaf of UpstreamFailure when nobody answered: then nothing is known.
    """
    by.require(Right.CREDENTIALS)
    with within(tenant_id):
        connection = find(connection_id)
        connector, _ = connector_of(connection)
        tenant = Tenant.objects.get(id=tenant_id)
    found: _Found | None
    try:
        grant = _grant(tenant, connection_id)
        found = _asked(connector, grant, tenant)
        if found.refusal and grant.refreshable:
            grant = _grant(tenant, connection_id, refused=grant)
            found = _asked(connector, grant, tenant)
    except ConnectionExpired:
        found = None  # whoever asked for the token has written down why
    return _note(tenant_id, by, connection_id, found)


@dataclass(frozen=True)
class _Found:
    grant: CallGrant
    """What was asked with."""
    account: str = ""
    refusal: str = ""
    """In the vendor's words."""


def _grant(tenant: Tenant, connection_id: UUID, *, refused: CallGrant | None = None) -> CallGrant:
    return bridge.start(
        grant_for(tenant_id=tenant.id, generation=tenant.generation, connection_id=connection_id, refused=refused)
    ).result()


def _asked(connector: Connector, grant: CallGrant, tenant: Tenant) -> _Found:
    try:
        account = account_of(
            connector,
            base=grant.base_url,
            apply=grant.apply,
            origins=grant.origins,
            secrets=grant.secrets,
            rules=rules_for(tenant),
        )
    except Refusal as refusal:
        words = f"{connector.name} does not take the credential. It says: “{refusal.words}”"
        return _Found(grant, refusal=words)
    return _Found(grant, account)


def _note(tenant_id: UUID, by: Actor, connection_id: UUID, found: _Found | None) -> Connection:
    """Nothing of a credential that is another one by now."""
    with within(tenant_id):
        connection = locked(connection_id)
        before = connection.state
        if found is not None:
            if not is_current(found.grant):
                return connection
            connection.state = ConnectionState.EXPIRED if found.refusal else ConnectionState.ACTIVE
            connection.reason = found.refusal[:LONGEST_REASON]
            connection.account = found.account or connection.account
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
