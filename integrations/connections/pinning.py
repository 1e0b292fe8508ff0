"""Who is told a connection's secrets, or an app's: pinned when somebody who may connects or registers it.

A connector that a tenant imported can be imported again, from a description that somebody else has changed meanwhile.
Where it leads to other places by then, what was entered for the old ones is not sent there. Connectors that came with
the product, or that the operator put beside them, are as trusted as the program.
"""

from collections.abc import Iterable, Mapping

from integrations.connections.address import keep_variables, known_origins
from integrations.errors import ConnectionMissing
from integrations.format.calls import PLACEHOLDER
from integrations.format.types import AuthWay, Connector, OAuth, Variable
from integrations.models import Connection, OAuthApp

_TRUSTED = frozenset({"shipped", "operator"})


def pin(connection: Connection, connector: Connector, way: AuthWay) -> None:
    """Set, not saved."""
    connection.origins = told(connector, way, connection.variables)


def refuse_other_places(connection: Connection, connector: Connector, way: AuthWay) -> None:
    """Raise ConnectionMissing where its secrets would be told to somebody new."""
    _refuse_strangers(connection, connector, told(connector, way, connection.variables))


def leads_elsewhere(connection: Connection, connector: Connector, way: AuthWay) -> bool:
    """Whether what was entered so far would be told to somebody new."""
    return bool(_strangers(connection, connector, told(connector, way, connection.variables)))


def _strangers(connection: Connection, connector: Connector, origins: Iterable[str]) -> set[str]:
    return set() if connector.source in _TRUSTED else set(origins) - set(connection.origins)


def _refuse_strangers(connection: Connection, connector: Connector, origins: Iterable[str]) -> None:
    if others := _strangers(connection, connector, origins):
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


def pin_app(app: OAuthApp, connector: Connector) -> None:
    """Set, not saved."""
    app.addresses = sorted({address for way in connector.auth for address in _addresses(connector, way)})


def refuse_other_addresses(app: OAuthApp, connector: Connector, way: AuthWay) -> None:
    """Raise ConnectionMissing where people, codes or the app's secret would be sent to another address.

    An app has no variables yet, so that its addresses are the connector's own, with what may stand in their places.
    """
    others = set(_addresses(connector, way)) - set(app.addresses)
    if others and connector.source not in _TRUSTED:
        raise ConnectionMissing(
            f"The connector `{connector.slug}` signs in at {', '.join(sorted(others))} now, which it did not when its "
            "app was registered. An admin can register the app again, if that is right."
        )


def _addresses(connector: Connector, way: AuthWay) -> Iterable[str]:
    """As `https://{shop}.example/token (shop: [a-z]+)`."""
    if way.oauth:
        known = {each.name: each for each in connector.variables}
        for url in filter(None, (way.oauth.authorize_url, *_asked(way))):
            places = [_place(known[name], way.oauth) for name in dict.fromkeys(PLACEHOLDER.findall(url))]
            yield f"{url} ({'; '.join(places)})" if places else url


def _place(variable: Variable, oauth: OAuth) -> str:
    """What comes into it: by its pattern, unless somebody enters something, or from a token's answer."""
    source = oauth.keep.get(variable.name, "") if variable.kept else variable.default
    return ": ".join(filter(None, (variable.name, variable.pattern, source)))


def _hosts(connector: Connector) -> Iterable[str]:
    return (f"https://{host}" for host in connector.hosts)


def _asked(way: AuthWay) -> Iterable[str]:
    """For tokens: with a client's secret, a refresh token or a password."""
    if way.oauth:
        yield from filter(None, (way.oauth.token_url, way.oauth.refresh_url, way.oauth.revoke_url))
    if way.login and way.login.is_absolute:
        yield way.login.url
