"""Removing a connector that a tenant imported, once nothing stands on it."""

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, NotFound
from accounts.roles import Right
from accounts.tenants import bump_generation
from integrations.models import Connection, ConnectorImport, ImportedConnector
from registry.installing.installed import tools_of

MOST_NAMED = 10


def remove_connector(*, by: Actor, slug: str) -> None:
    """Inside the tenant's scope; what is told of its imports stays.

    Raises Forbidden, NotFound also for one that is not the tenant's own, Conflict naming what would be left without it.
    """
    by.require(Right.CREDENTIALS)
    row = ImportedConnector.objects.select_for_update().filter(slug=slug).first()
    if row is None:
        raise NotFound("There is no imported connector of this name. Those that came with the product stay.")
    _refuse_in_use(slug)
    record(
        tenant_id=row.tenant_id,
        actor=by.actor,
        action="imported_connector.removed",
        subject=f"imported_connector:{row.id}",
        detail={"connector": slug, "revision": row.revision},
    )
    row.delete()
    bump_generation(row.tenant_id)


def _refuse_in_use(slug: str) -> None:
    tools = list(tools_of(slug).order_by("slug").values_list("slug", flat=True)[: MOST_NAMED + 1])
    if tools:
        raise Conflict(f"Tools of this connector are left: {_named(tools)}. Retire them first.")
    connections = list(
        Connection.objects.living().filter(connector=slug).values_list("slug", flat=True)[: MOST_NAMED + 1]
    )
    if connections:
        raise Conflict(f"Connections with this connector are left: {_named(connections)}. Disconnect them first.")
    if ConnectorImport.objects.unended().filter(connector=slug).exists():
        raise Conflict("This connector is being imported just now. Wait until that has ended.")


def _named(slugs: list[str]) -> str:
    return ", ".join(f"`{slug}`" for slug in slugs[:MOST_NAMED]) + (" and more" if len(slugs) > MOST_NAMED else "")
