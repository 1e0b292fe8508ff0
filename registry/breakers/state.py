"""How circuits stand now, for pages and the API."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q

from accounts.ids import uuid_in
from registry.breakers.circuit import Circuit, State, troubled_key
from registry.live import board
from registry.models import BreakerHold, ToolVersion

# KEYS: circuits. ARGV: for each the milliseconds of a slot. Returns for each {state, until, failures, calls}.
_LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for i, key in ipairs(KEYS) do
    local breaker = redis.call('HMGET', key, 'state', 'until', 'failures', 'calls')
    local failures, calls = tonumber(breaker[3]) or 0, tonumber(breaker[4]) or 0
    if not breaker[1] then
        local slot = math.floor(now / tonumber(ARGV[i]))
        for place = 0, 9 do
            local one = redis.call('HMGET', key, 'n' .. place, 'c' .. place, 'f' .. place)
            if one[1] and tonumber(one[1]) > slot - 10 then
                calls, failures = calls + tonumber(one[2]), failures + tonumber(one[3])
            end
        end
    end
    found[i] = {breaker[1] or 'closed', tonumber(breaker[2]) or 0, failures, calls}
end
return found
"""


@dataclass(frozen=True)
class Standing:
    """One circuit as it stands."""

    state: State | None
    """None while Redis is away."""
    until: datetime | None
    """When an open one may be tried."""
    failures: int
    calls: int
    """Of these so many failed: in the window, or when it opened."""
    held: BreakerHold | None

    @property
    def lets_calls_in(self) -> bool:
        return self.held.hold == "closed" if self.held else self.state is not State.OPEN


def standings(tenant_id: UUID, versions: Sequence[ToolVersion]) -> list[Standing]:
    """In the versions' order, each with its tool; one query and one round trip. Call it inside the tenant's scope."""
    from_slot = [version.tool.breaker_settings.window_seconds * 100 for version in versions]
    keys = [Circuit(tenant_id, version.id).keys[0] for version in versions]
    found = (board.evaluate(_LOOK, keys, from_slot) if keys else []) or [None] * len(versions)
    holds = _holds(versions)
    return [
        _standing(told, holds.get((version.tool_id, version.id)) or holds.get((version.tool_id, None)))
        for version, told in zip(versions, found, strict=True)
    ]


def troubled_versions(tenant_id: UUID) -> list[UUID]:
    """Those whose circuit is not closed."""
    found = board.evaluate("return redis.call('SMEMBERS', KEYS[1])", [troubled_key(tenant_id)], []) or []
    return [id_ for id_ in (uuid_in(member.decode()) for member in found) if id_ is not None]


def _holds(versions: Iterable[ToolVersion]) -> dict[tuple[UUID, UUID | None], BreakerHold]:
    tools = {version.tool_id for version in versions}
    found = BreakerHold.objects.filter(Q(tool__in=tools)) if tools else []
    return {(hold.tool_id, hold.tool_version_id): hold for hold in found}


def _standing(told: Sequence[bytes | int] | None, held: BreakerHold | None) -> Standing:
    if told is None:
        return Standing(None, None, 0, 0, held)
    state, until, failures, calls = told
    word = state.decode() if isinstance(state, bytes) else str(state)
    when = datetime.fromtimestamp(int(until) / 1000, UTC) if until else None
    return Standing(State(word), when, int(failures), int(calls), held)
