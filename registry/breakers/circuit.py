"""The circuit itself, in Redis: what calls tell it, and when it opens, is tried and closes.

closed ── enough calls in the window, enough of them failed ──▶ open ── open_seconds pass ──▶ half-open: some trials
  ▲                                                              ▲                              │
  └──────────────── as many trials succeed as there may be ──────│──────────────────────────────┤
                                                                 └────────── one fails ─────────┘

A healthy call costs one script when it comes and nothing when it ends: calls are counted at the door, failures when
they are known, and what was neither is taken back.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from uuid import UUID

from registry.breakers.settings import BreakerSettings
from registry.execution.shared import PREFIX, Script

FORGOTTEN_MS = 86_400_000
"""An open circuit that nobody tries is forgotten after a day."""
ALL_TROUBLED = f"{PREFIX}breakers"
"""Where the circuits of all tenants that are not closed stand, by when they are forgotten."""
WAIT_FOR_TRIALS_MS = 1000
"""When to come again while others try: nobody knows when they are answered."""


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Circuit:
    """Where one stands in Redis."""

    tenant_id: UUID
    version_id: UUID
    connection_id: UUID | None = None
    """Whose credential the calls go out with: a service may be well for one account and fail another."""

    @cached_property
    def keys(self) -> list[str]:
        """The circuit, its trials, the names of the tenant's that are not closed, and all such circuits."""
        key = f"{PREFIX}breaker:{self.tenant_id}:{self.version_id}:{self.connection_id or 'none'}"
        return [key, f"{key}:trials", troubled_key(self.tenant_id), ALL_TROUBLED]

    @cached_property
    def name(self) -> str:
        """Under which it stands among those of its tenant: the version, and after a colon the connection."""
        return f"{self.version_id}:{self.connection_id}" if self.connection_id else str(self.version_id)


@lru_cache(maxsize=10_000)
def circuit_of(tenant_id: UUID, version_id: UUID, connection_id: UUID | None = None) -> Circuit:
    """The same again, with its keys written out: every call of the version asks for it."""
    return Circuit(tenant_id, version_id, connection_id)


def troubled_key(tenant_id: UUID) -> str:
    return f"{PREFIX}breakers:{tenant_id}"


# The window is a ring of ten slots in the circuit's hash: `n`, `c` and `f` with the slot's place are the slot's number
# since 1970, its calls and its failures.

# ARGV: the run, the window, the most trials, how long a trial may take. Returns
# {0 refused | 1 let in | 2 let in as a trial, milliseconds to wait | the slot it was counted in, 1: now half-open,
# failures and calls that opened it}.
ENTER = Script(
    f"""
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local breaker = redis.call('HMGET', KEYS[1], 'state', 'until', 'failures', 'calls')
    local state, changed = breaker[1], 0
    local failures, calls = tonumber(breaker[3]) or 0, tonumber(breaker[4]) or 0
    if state == 'open' then
        if now < tonumber(breaker[2]) then return {{0, tonumber(breaker[2]) - now, 0, failures, calls}} end
        redis.call('HSET', KEYS[1], 'state', 'half_open', 'passed', 0)
        redis.call('DEL', KEYS[2])
        state, changed = 'half_open', 1
    end
    if state == 'half_open' then
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
        if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then
            return {{0, {WAIT_FOR_TRIALS_MS}, changed, failures, calls}}
        end
        redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), ARGV[1])
        if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
        return {{2, 0, changed, failures, calls}}
    end
    local slot = math.floor(now / (tonumber(ARGV[2]) / 10))
    local place = slot % 10
    if redis.call('HGET', KEYS[1], 'n' .. place) == tostring(slot) then
        redis.call('HINCRBY', KEYS[1], 'c' .. place, 1)
    else
        redis.call('HSET', KEYS[1], 'n' .. place, slot, 'c' .. place, 1, 'f' .. place, 0)
        redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) * 2)
    end
    return {{1, slot, 0, 0, 0}}
    """
)

# ARGV: the run, the window, the fewest calls, the failure rate, how long it stays open, its name.
# Returns {1: it has opened, failures, calls}.
FAILED = Script(
    f"""
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local state = redis.call('HGET', KEYS[1], 'state')
    local failures, calls, opens = 0, 0, false
    if redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then
        if state ~= 'half_open' then return {{0, 0, 0}} end
        failures, calls, opens = 1, 1, true
    elseif state then
        return {{0, 0, 0}}
    else
        local slot = math.floor(now / (tonumber(ARGV[2]) / 10))
        local place = slot % 10
        if redis.call('HGET', KEYS[1], 'n' .. place) ~= tostring(slot) then
            redis.call('HSET', KEYS[1], 'n' .. place, slot, 'c' .. place, 0, 'f' .. place, 0)
        end
        redis.call('HINCRBY', KEYS[1], 'f' .. place, 1)
        redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) * 2)
        for place = 0, 9 do
            local one = redis.call('HMGET', KEYS[1], 'n' .. place, 'c' .. place, 'f' .. place)
            if one[1] and tonumber(one[1]) > slot - 10 then
                calls, failures = calls + tonumber(one[2]), failures + tonumber(one[3])
            end
        end
        calls = math.max(calls, failures)
        opens = calls >= tonumber(ARGV[3]) and failures >= tonumber(ARGV[4]) * calls
    end
    if not opens then return {{0, failures, calls}} end
    redis.call('DEL', KEYS[1], KEYS[2])
    redis.call('HSET', KEYS[1], 'state', 'open', 'until', now + tonumber(ARGV[5]), 'failures', failures, 'calls', calls)
    redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[5]) + {FORGOTTEN_MS})
    redis.call('SADD', KEYS[3], ARGV[6])
    redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
    redis.call('ZADD', KEYS[4], now + tonumber(ARGV[5]) + {FORGOTTEN_MS}, KEYS[1])
    return {{1, failures, calls}}
    """
)

# ARGV: the run, how many trials have to succeed, its name. Returns 1: it has closed.
PASSED = Script(
    """
    if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end
    if redis.call('HGET', KEYS[1], 'state') ~= 'half_open' then return 0 end
    if redis.call('HINCRBY', KEYS[1], 'passed', 1) < tonumber(ARGV[2]) then return 0 end
    redis.call('DEL', KEYS[1], KEYS[2])
    redis.call('SREM', KEYS[3], ARGV[3])
    redis.call('ZREM', KEYS[4], KEYS[1])
    return 1
    """
)

# ARGV: the run, the slot it was counted in. Does nothing for a run that was never let in. Where the slot was not heard
# it is -1: a trial's place is free again, but a call stays counted until the window has passed.
TAKEN_BACK = Script(
    """
    redis.call('ZREM', KEYS[2], ARGV[1])
    local place = tonumber(ARGV[2]) % 10
    if redis.call('HGET', KEYS[1], 'n' .. place) == ARGV[2] then redis.call('HINCRBY', KEYS[1], 'c' .. place, -1) end
    """
)


def entering(circuit: Circuit, settings: BreakerSettings, holder: str, trial_ms: int) -> tuple[list[str], list[object]]:
    return circuit.keys, [holder, settings.window_seconds * 1000, settings.trials, trial_ms]


def failing(circuit: Circuit, settings: BreakerSettings, holder: str) -> tuple[list[str], list[object]]:
    window, open_ms = settings.window_seconds * 1000, settings.open_seconds * 1000
    told = [holder, window, settings.minimum_calls, settings.failure_rate, open_ms, circuit.name]
    return circuit.keys, list(told)
