"""Giving a tool the connection that its calls go out with; of a tool that all tenants share, for one tenant."""

from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from integrations.models import Connection
from registry.catalogue import entry
from registry.connections import connector_of
from registry.models import TenantTool, Tool
from registry.ownership import lock_tool


def bind_connection(*, tool: Tool, by: Actor, connection: str | None) -> None:
    """From the next call on it goes out with the connection of this slug; None: with its connector's default.

    Raises Invalid for one that there is not, or that is of another connector or an end user's.
    """
    tenant_id = _tenant_at_work()
    found = None if connection is None else find_bindable(connection, connector_of(entry(tool).version))
    changed = _bind_shared(tool, found) if tool.tenant_id is None else _bind_own(tool, by, found)
    if not changed:
        return
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="tool.bound",
        subject=f"tool:{tool.id}",
        detail={"connection": str(found.id) if found else None},
    )
    bump_generation(tenant_id)


def find_bindable(slug: str, connector: str, path: str = "$.connection") -> Connection:
    """The scope's connection of that slug, for a tool of that connector. Raises Invalid."""
    if not connector:
        raise _invalid(path, "This tool has no connector, so it goes out with no connection. Leave this out.")
    found = Connection.objects.living().filter(slug=slug, tenant=_tenant_at_work()).first()
    if found is None:
        raise _invalid(path, "There is no connection with this slug.")
    if found.connector != connector:
        raise _invalid(path, f"This is a connection with `{found.connector}`; the tool needs one with `{connector}`.")
    if found.end_user:
        raise _invalid(path, "This is an end user's own connection. Give the tool one of the tenant's.")
    return found


def _tenant_at_work() -> UUID:
    tenant_id = current_scope().tenant_id
    if tenant_id is None:
        raise Invalid("A connection is a tenant's: switch to a tenant to give a tool one.")
    return tenant_id


def _bind_own(tool: Tool, by: Actor, connection: Connection | None) -> bool:
    locked = lock_tool(tool, by=by)
    if locked.connection_id == (connection and connection.id):
        return False
    locked.connection = connection
    locked.save(update_fields=["connection", "updated_at"])
    return True


def _bind_shared(tool: Tool, connection: Connection | None) -> bool:
    own, _ = TenantTool.objects.select_for_update(of=("self",)).get_or_create(tool=tool, tenant_id=_tenant_at_work())
    if own.connection_id == (connection and connection.id):
        return False
    own.connection = connection
    own.save(update_fields=["connection"])
    return True


def _invalid(path: str, sentence: str) -> Invalid:
    return Invalid("The tool cannot be given this connection. See `errors`.", faults=[Fault(path, sentence)])
