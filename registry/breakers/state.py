"""How circuits stand now, for pages and the API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
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


def standings(tenant_id: UUID, versions: Sequence[ToolVersion], *, connection_id: UUID | None = None) -> list[Standing]:
    """In the versions' order, each with its tool; one query and one round trip, and another one where some of them
    have a connector. Call it inside the tenant's scope.

    Without a connection, a version of several circuits stands as the one of them that is worst off.
    """
    circuits = {version.id: [Circuit(tenant_id, version.id, connection_id)] for version in versions}
    if connection_id is None and any("connector" in version.definition for version in versions):
        for circuit in _troubled(tenant_id):
            if circuit.connection_id is not None and circuit.version_id in circuits:
                circuits[circuit.version_id].append(circuit)
    told, holds = _look(versions, circuits), _holds(versions)
    return [
        _worst(
            _standing(told.get(circuit), holds.get((version.tool_id, version.id)) or holds.get((version.tool_id, None)))
            for circuit in circuits[version.id]
        )
        for version in versions
    ]


def _look(versions: Sequence[ToolVersion], circuits: Mapping[UUID, list[Circuit]]) -> dict[Circuit, Any]:
    """Empty while Redis is away."""
    asked = {
        circuit: version.tool.breaker_settings.window_seconds * 100
        for version in versions
        for circuit in circuits[version.id]
    }
    found = board.evaluate(_LOOK, [circuit.keys[0] for circuit in asked], list(asked.values())) if asked else None
    return dict(zip(asked, found, strict=True)) if found else {}


def _worst(standings: Iterable[Standing]) -> Standing:
    order = [State.OPEN, State.HALF_OPEN, State.CLOSED, None]
    return min(standings, key=lambda standing: order.index(standing.state))


def troubled_versions(tenant_id: UUID) -> list[UUID]:
    """Those with a circuit that is not closed."""
    return list(dict.fromkeys(circuit.version_id for circuit in _troubled(tenant_id)))


def _troubled(tenant_id: UUID) -> list[Circuit]:
    found = board.evaluate("return redis.call('SMEMBERS', KEYS[1])", [troubled_key(tenant_id)], []) or []
    return [circuit for circuit in (_named(tenant_id, member.decode()) for member in found) if circuit is not None]


def _named(tenant_id: UUID, name: str) -> Circuit | None:
    version, _, connection = name.partition(":")
    version_id, connection_id = uuid_in(version), uuid_in(connection) if connection else None
    return Circuit(tenant_id, version_id, connection_id) if version_id is not None else None


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
