"""From rows to what can go out: a connection's credential, opened, with its connector. Inside the tenant's scope."""

from uuid import UUID

from accounts.errors import Conflict
from integrations.connections.address import base_url_so_far
from integrations.connections.auth import Held
from integrations.connections.auth.base import Client
from integrations.connections.pinning import refuse_other_addresses, refuse_other_places
from integrations.connections.sealed import open_client_secret, open_token, open_values
from integrations.errors import ConnectionMissing
from integrations.format import shelf
from integrations.format.types import AuthType, AuthWay, Connector
from integrations.models import Connection, Credential, OAuthApp
from integrations.models.credential import CredentialState


def find(connection_id: UUID) -> Connection:
    """A living connection of the scope. Raises ConnectionMissing."""
    return _there(Connection.objects.living().filter(id=connection_id).first())


def locked(connection_id: UUID) -> Connection:
    """The same until the end of the transaction. Raises ConnectionMissing, too, where somebody ends it meanwhile."""
    return _there(Connection.objects.living().select_for_update().filter(id=connection_id).first())


def _there(connection: Connection | None) -> Connection:
    if connection is None:
        raise ConnectionMissing("There is no such connection any more. An admin can connect the service again.")
    return connection


def credential_of(connection: Connection) -> Credential:
    """The current one. Raises ConnectionMissing while its person has not come back from the vendor."""
    credential = Credential.objects.filter(connection=connection, state=CredentialState.CURRENT).first()
    if credential is None:
        raise ConnectionMissing(f"The connection `{connection.slug}` is not finished. An admin can connect it again.")
    return credential


def connector_of(connection: Connection) -> tuple[Connector, AuthWay]:
    """Raises ConnectionMissing when the connector is gone, or offers the connection's way no more."""
    connector = shelf.connector(connection.connector, tenant_id=connection.tenant_id)
    way = connector.way(connection.auth) if connector else None
    if connector is None or way is None:
        raise ConnectionMissing(
            f"The connector `{connection.connector}` does not offer what the connection `{connection.slug}` was made "
            "with any more. An admin can connect it again."
        )
    return connector, way


def held_by(connection: Connection, credential: Credential) -> tuple[Connector, Held]:
    """Raises ConnectionMissing as above, and where its secrets would be told to somebody new."""
    connector, way = connector_of(connection)
    refuse_other_places(connection, connector, way)
    access, refresh = open_token(credential)
    held = Held(
        way=way,
        base_url=base_url_so_far(connector, connection.variables),
        variables=connection.variables,
        values=open_values(credential),
        access=access,
        refresh=refresh,
        client=client_for(connector, way),
    )
    return connector, held


def registered_client(connector: Connector, way: AuthWay) -> Client:
    """With which people are sent to the vendor. Raises Conflict where there is none yet, and as `client_for`."""
    client = client_for(connector, way)
    if client is None:
        raise Conflict(
            f"Nobody can be sent to {connector.name} yet: register an app there, and enter its client id and secret."
        )
    return client


def client_for(connector: Connector, way: AuthWay) -> Client | None:
    """What the tenant registered with the vendor; None where it registered nothing, or nothing is needed.

    Raises ConnectionMissing where it would be shown to somebody else.
    """
    app = OAuthApp.objects.filter(connector=connector.slug).first() if way.type is AuthType.OAUTH2 else None
    if app is None:
        return None
    refuse_other_addresses(app, connector, way)
    return Client(app.client_id, open_client_secret(app))
