"""Telling the workers that there is something to do. A lost word does no harm: the schedule finds what is due."""

from uuid import UUID


def wake_event(tenant_id: UUID, event_id: UUID) -> None:
    """There is an event to route. After the commit, if there is a transaction around; returns at once."""
    raise NotImplementedError


def wake_queue() -> None:
    """There are runs or deliveries that are due. After the commit, as above."""
    raise NotImplementedError


def wake_agent(agent_id: UUID) -> None:
    """There is a run that waits for this agent. After the commit, as above."""
    raise NotImplementedError
