"""Which connection a call goes out with. Inside the tenant's scope."""

from uuid import UUID

from integrations.errors import ConnectionExpired, ConnectionMissing
from integrations.format.types import Connector
from integrations.models import Connection
from integrations.models.connection import ConnectionState


def find_connection(*, connector: Connector, end_user: str, chosen: UUID | None) -> Connection:
    """An active one: the end user's own, never another's; else the one that the tool names, the default, the only one.

    Raises ConnectionMissing or ConnectionExpired, each with what to do next.
    """
    found = _of_end_user(connector, end_user) if end_user else _of_tenant(connector, chosen)
    if found.state == ConnectionState.PENDING:
        raise ConnectionMissing(
            f"The connection `{found.slug}` is not finished: its person has not come back from {connector.name}. "
            "An admin can connect it again."
        )
    if found.state == ConnectionState.EXPIRED:
        why = found.reason.removesuffix(".") or f"{connector.name} takes its credential no more"
        raise ConnectionExpired(f"The connection `{found.slug}` has expired: {why}. An admin can reconnect it.")
    return found


def _of_end_user(connector: Connector, end_user: str) -> Connection:
    found = Connection.objects.living().filter(connector=connector.slug, end_user=end_user).first()
    if found is None:
        raise ConnectionMissing(
            f"This end user has not connected {connector.name} yet. Send them a link: an admin can make one."
        )
    return found


def _of_tenant(connector: Connector, chosen: UUID | None) -> Connection:
    living = Connection.objects.living().filter(connector=connector.slug, end_user="")
    if chosen is not None:
        found = living.filter(id=chosen).first()
        if found is None:
            raise ConnectionMissing(
                f"The connection to {connector.name} that the tool names is disconnected. Choose another one for it."
            )
        return found
    # One that somebody has only begun stands in the way of none that was finished.
    finished = living.exclude(state=ConnectionState.PENDING)
    candidates = list(finished.order_by("-is_default", "slug")[:2]) or list(living[:1])
    if not candidates:
        raise ConnectionMissing(f"{connector.name} is not connected yet. An admin can connect it.")
    if len(candidates) > 1 and not candidates[0].is_default:
        raise ConnectionMissing(
            f"There are several connections to {connector.name}, and none is the default. Choose one for the tool, "
            "or make one of them the default."
        )
    return candidates[0]
