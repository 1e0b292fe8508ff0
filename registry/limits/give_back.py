"""Giving back the places in quotas of a call that waited, for a person or a worker, and was refused after all.

It was counted when it came. What is refused before it waits is given back by the step `limit` itself.
"""

from functools import partial

from django.db import transaction

from registry.limits.bounds import quota_keys
from registry.limits.take import GIVE_BACK
from registry.live import board
from registry.models import Execution


def give_back_quota(execution: Execution) -> None:
    """After the commit. A count that Redis has lost is made again from the executions, without those refused."""
    keys = quota_keys(
        tenant_id=execution.tenant_id,
        tool_id=execution.tool_id,
        agent_id=execution.agent_id,
        at=execution.started_at,
    )
    transaction.on_commit(partial(board.evaluate, GIVE_BACK.source, keys, []))
