"""Letting a call in: all of its bounds are asked in one script, and all of them give, or none does."""

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from accounts.ids import first_id_at
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.execution.shared import Script
from registry.limits.bounds import Bound, Kind, Taken
from registry.models import Execution
from registry.models.execution import Status

LEASE_SECONDS = 15
"""What a killed process holds is free again after so long; `leases.py` extends the leases of longer calls."""
AGAIN_SECONDS = 1
"""When to come again where all leases are taken: nobody knows when one of them is given back."""
KEPT_SECONDS = 3600
"""A count is kept a little longer than its day or month, for clocks that differ."""

# KEYS: one for each bound. ARGV: the holder of leases, then five for each bound: its kind, the most, and three numbers
#   rate         tokens per second, milliseconds to keep a bucket, 0
#   concurrency  milliseconds that a lease lives, milliseconds to wait, 0
#   quota        what was used before (-1: not known), when its period ends and when to forget it (Unix seconds)
# Returns {0 | number of the bound that refuses | -1, milliseconds to wait, and for each bound what is left and the
# milliseconds until all of it is there again}. With -1, nothing was taken: the bounds with -1 left have to be counted.
_TAKE = Script(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + time[2] / 1000
    local answer, levels, refusing, wait, unknown = {0, 0}, {}, 0, -1, false
    for i, key in ipairs(KEYS) do
        local at = 5 * i - 3
        local kind, most = ARGV[at], tonumber(ARGV[at + 1])
        local a, b, c = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
        local left, pause, full = 0, 0, 0
        if kind == 'rate' then
            local bucket = redis.call('HMGET', key, 'level', 'at')
            left = tonumber(bucket[1]) or most
            left = math.min(most, left + math.max(0, now - (tonumber(bucket[2]) or now)) / 1000 * a)
            if left < 1 then pause = math.ceil((1 - left) / a * 1000) end
            full = math.ceil((most - left) / a * 1000)
        elseif kind == 'concurrency' then
            redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
            left = most - redis.call('ZCARD', key)
            if left < 1 then pause = b end
        else
            local used = tonumber(redis.call('GET', key))
            if not used and a >= 0 then
                used = a
                redis.call('SET', key, used, 'EXAT', c)
            end
            if used then
                left = most - used
                if left < 1 then pause = math.max(1, math.ceil(b * 1000 - now)) end
            else
                left, unknown = -1, true
            end
            full = math.max(0, math.ceil(b * 1000 - now))
        end
        if pause > 0 and pause > wait then refusing, wait = i, pause end
        levels[i] = left
        answer[2 * i + 1], answer[2 * i + 2] = math.max(-1, math.floor(left)), full
    end
    if unknown then
        answer[1] = -1
        return answer
    end
    if refusing > 0 then
        answer[1], answer[2] = refusing, wait
        return answer
    end
    for i, key in ipairs(KEYS) do
        local at = 5 * i - 3
        local kind, a, b = ARGV[at], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
        if kind == 'rate' then
            redis.call('HSET', key, 'level', tostring(levels[i] - 1), 'at', string.format('%.3f', now))
            redis.call('PEXPIRE', key, b)
            answer[2 * i + 2] = answer[2 * i + 2] + math.ceil(1000 / a)
        elseif kind == 'concurrency' then
            redis.call('ZADD', key, now + a, ARGV[1])
            redis.call('PEXPIRE', key, a + 1000)
        else
            redis.call('INCR', key)
        end
        answer[2 * i + 1] = math.max(0, math.floor(levels[i] - 1))
    end
    return answer
    """
)
GIVE_BACK = Script(
    """
    for _, key in ipairs(KEYS) do
        if redis.call('EXISTS', key) == 1 then redis.call('DECR', key) end
    end
    """
)
"""The call of one or more quotas that did not count after all."""


async def take(bounds: Sequence[Bound], holder: str) -> Taken | None:
    """One round trip; two more, once, where Redis has lost a quota's count. None when Redis is away."""
    used = [-1] * len(bounds)
    answer = await _ask(bounds, holder, used)
    if answer is not None and answer[0] == -1:
        for number, left in enumerate(answer[2::2]):
            if left == -1:
                used[number] = await _used_before(bounds[number])
        answer = await _ask(bounds, holder, used)
    if answer is None:
        return None
    return Taken(
        tuple(bounds),
        tuple(answer[2::2]),
        tuple(milliseconds / 1000 for milliseconds in answer[3::2]),
        bounds[answer[0] - 1] if answer[0] > 0 else None,
        answer[1] / 1000,
    )


async def _ask(bounds: Sequence[Bound], holder: str, used: Sequence[int]) -> list[int] | None:
    arguments: list[str | int | float] = [holder]
    for bound, before in zip(bounds, used, strict=True):
        arguments += [bound.kind, bound.most, *_numbers(bound, before)]
    answer: list[int] | None = await _TAKE([bound.key for bound in bounds], arguments)
    return answer


def _numbers(bound: Bound, used: int) -> tuple[float, float, float]:
    if bound.kind is Kind.RATE:
        return bound.tokens_per_second, math.ceil(bound.most / bound.tokens_per_second * 1000) + 1000, 0
    if bound.kind is Kind.CONCURRENCY:
        return LEASE_SECONDS * 1000, AGAIN_SECONDS * 1000, 0
    end = int(bound.until.timestamp()) if bound.until else 0
    return used, end, end + KEPT_SECONDS


_counting: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Task[int]]]" = WeakKeyDictionary()


async def _used_before(bound: Bound) -> int:
    """What PostgreSQL knows of the period so far; counted once, however many calls of this process wait for it."""
    running = _counting.setdefault(asyncio.get_running_loop(), {})
    task = running.get(bound.key)
    if task is None:
        task = running[bound.key] = asyncio.create_task(in_database_thread(used_of_quota, bound))
        task.add_done_callback(lambda _: running.pop(bound.key, None))
    return await asyncio.shield(task)


def used_of_quota(bound: Bound) -> int:
    """Executions that were not refused, by one range of an index that holds all that is asked."""
    subject = bound.subject
    with within(subject.tenant_id):
        rows = Execution.objects.filter(id__gte=first_id_at(bound.since or datetime.now(UTC)))
        if subject.word == "agent":
            rows = rows.filter(agent=subject.id)
        elif subject.word != "tenant":
            rows = rows.filter(tool=subject.id)
        return rows.exclude(status=Status.REFUSED).order_by().count()
