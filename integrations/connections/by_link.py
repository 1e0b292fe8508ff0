"""What an end user does with a link: sign in at the vendor, or enter a key."""

from collections.abc import Mapping

from accounts.tenancy import within
from integrations.connections.connect import establish, new_connection
from integrations.connections.entered import way_of
from integrations.connections.links import find_link
from integrations.connections.oauth.start import Started, begin_for_link
from integrations.errors import ConnectionMissing
from integrations.format import shelf
from integrations.format.types import AuthWay, Connector
from integrations.models import Connection, ConnectLink


def offered_by(link: ConnectLink) -> tuple[Connector, AuthWay]:
    """What it connects. Raises ConnectionMissing when its connector is gone."""
    with within(link.tenant_id):
        connector = shelf.connector(link.connector, tenant_id=link.tenant_id)
    if connector is None:
        raise ConnectionMissing("What this link connects is not offered any more. Ask whoever sent it.")
    return connector, way_of(connector, link.auth)


def begin_by_link(*, token: str, browser: str, redirect_uri: str) -> Started:
    """The way to the vendor. `browser`: as `bind_link` gave it. Raises NotFound, Conflict without an app."""
    link = find_link(token)
    connector, _ = offered_by(link)
    with within(link.tenant_id):
        return begin_for_link(link, connector, redirect_uri=redirect_uri, browser=browser)


def connect_by_link(*, token: str, values: Mapping[str, str]) -> ConnectLink:
    """Used up. Outside any transaction: the service is asked first.

    Raises NotFound, and as `connect` does: then the link can be used again.
    """
    link = find_link(token)
    connector, _ = offered_by(link)
    with within(link.tenant_id):
        own = Connection.objects.living().filter(connector=link.connector, end_user=link.end_user).first()
    connection = own or new_connection(link.tenant_id, connector, link.auth, end_user=link.end_user)
    connection.auth, connection.variables = link.auth, link.variables
    establish(connection, connector, values, actor=link.actor, link=link)
    return link
