"""How a process that runs executions and webhooks ends: it lets them end, gives away what does not, then closes."""

import asyncio

from integrations import egress
from integrations.connections import refresh
from integrations.egress import inside
from registry.execution import shared, watch
from webhooks import worker


async def begin() -> None:
    """As soon as the process knows that it has to end."""
    watch.watch().begin_to_close()


async def close() -> None:
    """When nothing new comes any more. Connections are closed last."""
    await asyncio.gather(watch.aclose(), worker.aclose())
    await refresh.aclose()
    await egress.aclose()
    await inside.aclose()
    await shared.aclose()
