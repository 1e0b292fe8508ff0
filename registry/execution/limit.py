"""Step 3: token buckets per tool, agent and tenant, shared by all processes. Open when Redis is away."""

from collections.abc import Iterator, Mapping
from typing import Any

from accounts.errors import Throttled
from registry.execution.shared import PREFIX, Script
from registry.execution.types import Target, ToolCall

# KEYS: one bucket each. ARGV: for each bucket its burst and its tokens per second.
# All buckets give a token, or none does. Returns {number of the emptiest bucket or 0, milliseconds to wait}.
_TAKE = Script(
    """
    local time = redis.call('TIME')
    local now = time[1] + time[2] / 1000000
    local levels, worst, wait = {}, 0, 0
    for i, key in ipairs(KEYS) do
        local burst, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
        local bucket = redis.call('HMGET', key, 'level', 'at')
        local level = tonumber(bucket[1]) or burst
        level = math.min(burst, level + (now - (tonumber(bucket[2]) or now)) * rate)
        if level < 1 and (1 - level) / rate > wait then worst, wait = i, (1 - level) / rate end
        levels[i] = level
    end
    if worst > 0 then return {worst, math.ceil(wait * 1000)} end
    for i, key in ipairs(KEYS) do
        local burst, rate = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
        redis.call('HSET', key, 'level', tostring(levels[i] - 1), 'at', string.format('%.6f', now))
        redis.call('PEXPIRE', key, math.ceil(burst / rate * 1000) + 1000)
    end
    return {0, 0}
    """
)


async def limit(call: ToolCall, target: Target) -> None:
    """Take a token from every bucket that is set. Raises Throttled with `retry_after` when one is empty."""
    buckets = list(_buckets(call, target))
    if not buckets:
        return
    verdict = await _TAKE(
        [key for key, _, _ in buckets],
        [number for _, rate_limit, _ in buckets for number in _burst_and_rate(rate_limit)],
    )
    if verdict is None or verdict[0] == 0:
        return
    _, _, whose = buckets[verdict[0] - 1]
    seconds = verdict[1] / 1000
    raise Throttled(
        f"The rate limit of {whose} is used up. Try again after {seconds:.1f} seconds.", retry_after=seconds
    )


def _buckets(call: ToolCall, target: Target) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    caller = call.caller
    if target.rate_limit:
        yield f"{PREFIX}rate:{caller.tenant_id}:tool:{target.tool_id}", target.rate_limit, f"the tool `{target.slug}`"
    if caller.agent_limits and caller.agent_limits.rate:
        yield f"{PREFIX}rate:{caller.tenant_id}:agent:{caller.agent_id}", caller.agent_limits.rate, "your agent"
    if caller.tenant_limits and caller.tenant_limits.rate:
        yield f"{PREFIX}rate:{caller.tenant_id}", caller.tenant_limits.rate, "your tenant"


def _burst_and_rate(rate_limit: Mapping[str, Any]) -> tuple[float, float]:
    per_minute = float(rate_limit["per_minute"])
    return float(rate_limit.get("burst", max(1.0, per_minute))), per_minute / 60
