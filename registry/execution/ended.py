"""What a call that was broken off, or raised, has ended as."""

from accounts.errors import QuartermasterError
from registry.errors import Cancelled, Interrupted, OutcomeUnknown, TakenAway
from registry.execution.passage import Passage
from registry.execution.repeating import is_safe_to_repeat
from registry.execution.types import Ending
from registry.models.execution import Status


def ended_by(error: QuartermasterError, passage: Passage) -> Ending:
    """Refused: nothing was sent. Cancelled: the caller went, or somebody cancelled it. Failed: everything else."""
    target = passage.target
    broken_off = isinstance(error, Interrupted | TakenAway)
    if isinstance(error, Interrupted) and target and not (passage.sent_nothing or is_safe_to_repeat(target)):
        error = OutcomeUnknown(
            "The process that ran this call was stopped while the tool worked; the call may have had its effect. "
            "Look at the service before calling again."
        )
    if isinstance(error, Cancelled):
        status = Status.CANCELLED
    elif passage.attempts == 0:
        status = Status.REFUSED
    else:
        status = Status.FAILED
    return Ending(status, error=error, attempts=passage.attempts, broken_off=broken_off)
