"""Which connection the calls of a tool go out with: its own choice, or its connector's default; or an end user's."""

from typing import NoReturn

from accounts.errors import Fault, Invalid
from accounts.tenancy import current_scope
from integrations.connections.find import find_connection
from integrations.errors import ConnectionMissing
from integrations.format import shelf
from integrations.format.types import Connector
from integrations.models import Connection
from registry.errors import ScopesMissing
from registry.models import TenantTool, Tool, ToolVersion

COMPOSITE = "composite"


def connector_of(version: ToolVersion) -> str:
    """The slug of the connector that a version goes out through; empty: none."""
    connector = version.definition.get("connector", "")
    return connector if isinstance(connector, str) else ""


def connection_of(tool: Tool, version: ToolVersion, own: TenantTool | None, *, end_user: str) -> Connection | None:
    """None for a tool without a connector. Call it inside the tenant's scope; `own` are its settings of a shared tool.

    Raises ConnectionMissing and ConnectionExpired, and Invalid for an end user where the connector knows none.
    """
    slug = connector_of(version)
    if not slug:
        return None
    connector = shelf.connector(slug, tenant_id=current_scope().tenant_id)
    if connector is None:
        raise ConnectionMissing(
            f"The tool `{tool.slug}` goes out through the connector `{slug}`, which is not there any more. "
            "An admin can import it again, or retire the tool."
        )
    if end_user and not connector.per_user:
        refuse_end_user(tool.slug, version.transport, connector)
    chosen = tool.connection_id or (own.connection_id if own else None)
    connection = find_connection(connector=connector, end_user=end_user, chosen=chosen)
    _refuse_lacking_scopes(tool, version, connection)
    return connection


def refuse_end_user(slug: str, transport: str, connector: Connector | None = None) -> None:
    """Raise Invalid for a tool that goes out with nobody's own connection; a composite hands the end user on."""
    if transport != COMPOSITE:
        _refuse(slug, connector)


def _refuse(slug: str, connector: Connector | None) -> NoReturn:
    why = (
        f"End users have no connections of their own with {connector.name}."
        if connector
        else f"`{slug}` goes out with nobody's connection."
    )
    raise Invalid(
        "This tool is not called for an end user. See `errors`.",
        faults=[Fault("$.end_user", f"{why} Leave this out.")],
    )


def _refuse_lacking_scopes(tool: Tool, version: ToolVersion, connection: Connection) -> None:
    """What was granted is not always known: then the service decides."""
    lacking = sorted(set(version.definition.get("scopes", ())) - set(connection.scopes)) if connection.scopes else []
    if lacking:
        raise ScopesMissing(
            f"The connection `{connection.slug}` was not granted what `{tool.slug}` needs: {', '.join(lacking)}. "
            "An admin can reconnect it under Connections.",
            extra={"scopes": lacking},
        )
