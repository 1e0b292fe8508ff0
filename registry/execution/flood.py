"""Refusals that come in floods: written singly at first, then as one row a minute and tool that counts them."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.errors import Throttled
from accounts.ids import id_in_minute
from registry.errors import CircuitOpen
from registry.execution.shared import PREFIX, Script
from registry.execution.types import Ending, ToolCall
from registry.models import Execution
from registry.models.execution import Status

SINGLY = 10
"""How many refusals of an agent get a row of their own in a minute."""
_COUNTED = (Throttled.code, CircuitOpen.code)

_COUNT = Script(
    """
    local count = redis.call('INCR', KEYS[1])
    if count == 1 then redis.call('EXPIRE', KEYS[1], 120) end
    return count
    """
)


async def counted_row(call: ToolCall, ending: Ending, at: datetime) -> UUID | None:
    """The id of the row that counts this refusal; None: it gets its own. While Redis is away each gets its own."""
    if ending.status is not Status.REFUSED or ending.error is None or ending.error.code not in _COUNTED:
        return None
    minute = f"{call.caller.actor}:{ending.error.code}:{at:%Y%m%d%H%M}"
    count = await _COUNT([f"{PREFIX}refused:{call.caller.tenant_id}:{minute}"], [])
    return id_in_minute(f"{minute}:{call.tool}", at) if count is not None and count > SINGLY else None


def count_up(row: Execution) -> bool:
    """Write the row, or add one to the one that is there; whether it was written."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        Execution.objects.filter(id=row.id).update(count=F("count") + 1)
        return False
    return True
