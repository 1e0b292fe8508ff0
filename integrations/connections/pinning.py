"""Who is told a connection's secrets: pinned when somebody who may connects it.

A connector that a tenant imported can be imported again, by people who may not see or change credentials. Where it
leads to other places by then, what was entered for the old ones is not sent there. Connectors that came with the
product, or that the operator put beside them, are as trusted as the program.
"""

from collections.abc import Iterable, Mapping

from integrations.connections.address import keep_variables, known_origins
from integrations.errors import ConnectionMissing
from integrations.format.types import AuthWay, Connector
from integrations.models import Connection

_TRUSTED = frozenset({"shipped", "operator"})


def pin(connection: Connection, connector: Connector, way: AuthWay) -> None:
    """Set, not saved."""
    connection.origins = told(connector, way, connection.variables)


def refuse_other_places(connection: Connection, connector: Connector, way: AuthWay) -> None:
    """Raise ConnectionMissing where its secrets would be told to somebody new."""
    _refuse_strangers(connection, connector, told(connector, way, connection.variables))


def _refuse_strangers(connection: Connection, connector: Connector, origins: Iterable[str]) -> None:
    others = set(origins) - set(connection.origins)
    if others and connector.source not in _TRUSTED:
        raise ConnectionMissing(
            f"The connector `{connector.slug}` leads to {', '.join(sorted(others))} now, which it did not when "
            f"`{connection.slug}` was connected. An admin can connect it again, if that is right."
        )


def move(connection: Connection, connector: Connector, way: AuthWay, kept: Mapping[str, str]) -> None:
    """Set variables that came with a later token; not saved. What an import says of them leads to nobody new.

    Raises Invalid, ConnectionMissing; then all stays as it is.
    """
    variables = keep_variables(connector, connection.variables, kept)
    _refuse_strangers(connection, connector, told(connector, way, variables))
    connection.variables = variables
    pin(connection, connector, way)


def told(connector: Connector, way: AuthWay, variables: Mapping[str, str]) -> list[str]:
    """Origins, as far as they are known by now, such as `https://slack.com`."""
    return sorted(known_origins([connector.base_url, *_hosts(connector), *_asked(way)], variables))


def _hosts(connector: Connector) -> Iterable[str]:
    return (f"https://{host}" for host in connector.hosts)


def _asked(way: AuthWay) -> Iterable[str]:
    """For tokens: with a client's secret, a refresh token or a password."""
    if way.oauth:
        yield from filter(None, (way.oauth.token_url, way.oauth.refresh_url, way.oauth.revoke_url))
    if way.login and way.login.is_absolute:
        yield way.login.url
