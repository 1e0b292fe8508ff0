"""Telling the workers that an execution may be taken up. A lost word does no harm: the schedule finds what is due."""

from uuid import UUID

from accounts.telling import tell_workers

TASK = "registry.tasks.resume_executions"


def wake(tenant_id: UUID, execution_id: UUID) -> None:
    """After the commit, if there is a transaction around; returns at once."""
    tell_workers(TASK, str(tenant_id), str(execution_id))
