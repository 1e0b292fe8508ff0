"""Ending a connection, with the tools that will not work any more."""

from integrations.admin.connection_acts import Disconnect
from integrations.models import Connection
from registry.uses import uses_of

MOST_NAMED = 10


class DisconnectNamingTools(Disconnect):
    def explain(self, subject: Connection) -> str:
        tools = [tool.slug for tool in uses_of(subject).tools]
        if not tools:
            return f"{super().explain(subject)} No tool goes out with it."
        named = ", ".join(f"`{slug}`" for slug in tools[:MOST_NAMED])
        more = f" and {len(tools) - MOST_NAMED} more" if len(tools) > MOST_NAMED else ""
        return f"{super().explain(subject)} These tools stop working until they get another connection: {named}{more}."
