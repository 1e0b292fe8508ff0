"""How what was taken goes on or ends. Each is fenced: it changes nothing, and says False, once another one has it.

Each opens the tenant's scope; called inside one, it is part of that transaction.
"""

from datetime import timedelta

from webhooks.models.queued import Cause
from webhooks.queue.types import Attempt, Taken


def succeed(taken: Taken, attempt: Attempt) -> bool:
    """It has its outcome."""
    raise NotImplementedError


def put_back(taken: Taken, attempt: Attempt, pause: timedelta) -> bool:
    """The attempt failed; the next one is due after the pause."""
    raise NotImplementedError


def put_off(taken: Taken, pause: timedelta) -> bool:
    """No attempt was made: it is looked at again after the pause."""
    raise NotImplementedError


def give_up(taken: Taken, attempt: Attempt, cause: Cause) -> bool:
    """The attempt failed, and is the last: a dead letter, which the audit trail tells of."""
    raise NotImplementedError
