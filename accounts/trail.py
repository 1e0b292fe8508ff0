"""One pass over the audit trail: seal what is new, tell the subscribers. Every second, in any number of processes."""

import logging
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from accounts.events import lagging, tell_batch
from accounts.sealing import seal_batch, tenants_with_unsealed

log = logging.getLogger(__name__)

PASS_SECONDS = 10.0
"""A pass with more to do than this hands its worker back; the next one goes on."""


def tend_trail() -> None:
    """Seal and tell in turns, a batch each, until nothing waits. What fails holds up nothing else and is tried again
    in the next pass."""
    failed: set[str] = set()
    deadline = time.monotonic() + PASS_SECONDS
    while time.monotonic() < deadline:
        more = [_attempt(tenant, "sealed", partial(seal_batch, tenant), failed) for tenant in tenants_with_unsealed()]
        more += [
            _attempt(tenant, f"told to `{name}`", partial(tell_batch, tenant, name), failed)
            for tenant, name in lagging()
        ]
        if not any(more):
            return


def _attempt(tenant_id: UUID | None, what: str, work: Callable[[], bool], failed: set[str]) -> bool:
    """Whether `work` has more to do; a failure is told, and not repeated in this pass."""
    turn = f"The audit trail of {f'tenant {tenant_id}' if tenant_id else 'the platform'} could not be {what}"
    if turn in failed:
        return False
    try:
        return work()
    except Exception:
        failed.add(turn)
        log.exception("%s. The next pass tries again.", turn, extra={"action": "trail_failed"})
        return False
