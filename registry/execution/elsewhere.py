"""Whether a call that did not succeed may be made of another tool instead. A pure decision.

The tool was the trouble, not the call; and nothing was done here that doing it elsewhere would do twice.
"""

from accounts.errors import Throttled
from integrations.errors import EgressBlocked, UpstreamFailure
from registry.errors import (
    CircuitOpen,
    InvalidOutput,
    LimitsAway,
    ToolDisabled,
    ToolNotFound,
    UpstreamRefused,
    VersionNotFound,
)
from registry.execution.types import Ending, Target

_NOT_SENT = (ToolNotFound, VersionNotFound, ToolDisabled, Throttled, LimitsAway, CircuitOpen, EgressBlocked)


def may_go_elsewhere(ending: Ending, target: Target | None) -> bool:
    """A service that answered that it failed is believed; one that fell silent is not, unless the tool only reads.

    Nor is what a gateway says in its place.
    """
    error = ending.error
    if isinstance(error, _NOT_SENT):
        return True
    changes_nothing = target is not None and target.read_only
    if isinstance(error, UpstreamRefused):
        return error.retryable and (not error.may_have_acted or changes_nothing)
    if isinstance(error, UpstreamFailure):
        return not error.sent or changes_nothing
    return isinstance(error, InvalidOutput) and changes_nothing
