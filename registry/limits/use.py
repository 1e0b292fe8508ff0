"""How much of each limit is in use now, for pages and the API; nothing is taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from accounts.limits import limits_of
from accounts.models import Agent, Tenant
from registry.limits.bounds import Bound, Kind, Subject, bounds_of
from registry.limits.take import used_of_quota
from registry.live import board
from registry.models import TenantTool, Tool

# ARGV: for each key its kind, the most, and a rate's tokens per second. Returns what is in use, -1 where not known.
_LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local used = {}
for i, key in ipairs(KEYS) do
    local kind, most, rate = ARGV[3 * i - 2], tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
    if kind == 'rate' then
        local bucket = redis.call('HMGET', key, 'level', 'at')
        local level = tonumber(bucket[1]) or most
        level = math.min(most, level + math.max(0, now - (tonumber(bucket[2]) or now)) / 1000 * rate)
        used[i] = math.ceil(most - level)
    elseif kind == 'concurrency' then
        used[i] = redis.call('ZCOUNT', key, now, '+inf')
    else
        used[i] = tonumber(redis.call('GET', key)) or -1
    end
end
return used
"""


@dataclass(frozen=True)
class Use:
    bound: Bound
    used: int | None
    """None while Redis is away."""

    @property
    def left(self) -> int | None:
        return None if self.used is None else max(0, self.bound.most - self.used)


def use_of_tool(tool: Tool, tenant_id: UUID) -> list[Use]:
    """By the tenant: its calls of a shared tool are counted apart from those of others."""
    own = TenantTool.objects.filter(tool=tool, tenant_id=tenant_id).first() if tool.tenant_id is None else None
    return _look([*_bounds("tool", tenant_id, tool.id, tool), *_bounds("own", tenant_id, tool.id, own)])


def use_of_agent(agent: Agent) -> list[Use]:
    return _look(_bounds("agent", agent.tenant_id, agent.id, agent))


def use_of_tenant(tenant: Tenant) -> list[Use]:
    return _look(_bounds("tenant", tenant.id, tenant.id, tenant))


def _bounds(
    word: str, tenant_id: UUID, subject_id: UUID, holder: Tool | TenantTool | Agent | Tenant | None
) -> list[Bound]:
    limits = limits_of(holder.rate_limit, holder.concurrency, holder.quota) if holder else None
    if limits is None:
        return []
    return list(bounds_of(Subject(word, tenant_id, subject_id, ""), limits, datetime.now(UTC)))


def _look(bounds: Sequence[Bound]) -> list[Use]:
    if not bounds:
        return []
    arguments = [value for bound in bounds for value in (bound.kind, bound.most, _rate(bound))]
    found = board.evaluate(_LOOK, [bound.key for bound in bounds], arguments) or [None] * len(bounds)
    return [Use(bound, _known(bound, used)) for bound, used in zip(bounds, found, strict=True)]


def _known(bound: Bound, used: int | None) -> int | None:
    """A quota that Redis has not counted yet is counted in PostgreSQL."""
    return used_of_quota(bound) if used == -1 else used


def _rate(bound: Bound) -> str:
    return str(bound.tokens_per_second) if bound.kind is Kind.RATE else "0"
