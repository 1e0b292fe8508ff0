"""Step 8: the circuit breaker of a version and tenant, shared by all processes. Closed when Redis is away.

closed ── FAILURES in a row ──▶ open ── OPEN_SECONDS pass ──▶ half-open: one trial
  ▲                              ▲                              │
  └────────── it succeeds ───────│──────────────────────────────┤
                                 └───────── it fails ───────────┘
"""

from redis.asyncio.client import Pipeline

from registry.errors import CircuitOpen
from registry.execution.passage import Settle
from registry.execution.shared import PREFIX, Script
from registry.execution.types import Ending, Target, ToolCall

FAILURES = 5
"""Upstream failures in a row that open the circuit."""
OPEN_SECONDS = 30
"""How long it stays open before one call may try."""
FORGOTTEN_SECONDS = 600
"""How long failures are remembered when no call comes."""

# Returns {failures, milliseconds to wait}; a trial in flight holds the circuit for as long as it may take.
_ENTER = Script(
    """
    local breaker = redis.call('HMGET', KEYS[1], 'failures', 'open_until')
    local failures, open_until = tonumber(breaker[1]) or 0, tonumber(breaker[2])
    if not open_until then return {failures, 0} end
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    if now < open_until then return {failures, open_until - now} end
    redis.call('HSET', KEYS[1], 'open_until', now + tonumber(ARGV[1]))
    return {failures, 0}
    """
)
_FAILED = Script(
    """
    local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
    if failures >= tonumber(ARGV[1]) then
        local time = redis.call('TIME')
        redis.call('HSET', KEYS[1], 'open_until', time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2]))
    end
    redis.call('EXPIRE', KEYS[1], ARGV[3])
    """
)


async def guard(call: ToolCall, target: Target) -> Settle:
    """Raises CircuitOpen with `retry_after`. The settle tells the breaker how the call ended."""
    key = f"{PREFIX}breaker:{call.caller.tenant_id}:{target.version_id}"
    trial_ms = target.timeout_ms_for(call) + 1000
    verdict = await _ENTER([key], [trial_ms])
    failures, wait_ms = verdict or (0, 0)
    if wait_ms:
        raise CircuitOpen(
            f"`{target.slug}` failed {failures} times in a row and is left alone for a while.",
            retry_after=wait_ms / 1000,
        )

    def tell(ending: Ending, pipe: Pipeline) -> None:
        if ending.upstream_failed:
            _FAILED.add_to(pipe, [key], [FAILURES, OPEN_SECONDS * 1000, FORGOTTEN_SECONDS])
        elif failures and ending.upstream_answered:
            pipe.delete(key)

    return tell
