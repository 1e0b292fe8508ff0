"""How a process that runs executions ends: it lets them end, gives away what does not, then closes."""

from integrations import egress
from integrations.connections import refresh
from registry.execution import shared, watch


async def begin() -> None:
    """As soon as the process knows that it has to end."""
    watch.watch().begin_to_close()


async def close() -> None:
    """When nothing new comes any more. Connections are closed last."""
    await watch.aclose()
    await refresh.aclose()
    await egress.aclose()
    await shared.aclose()
