"""How many circuits are not closed, or held, all tenants together."""

from collections.abc import Mapping

from django.db.models import Count

from registry.breakers.circuit import ALL_TROUBLED, State
from registry.live import board
from registry.models import BreakerHold
from registry.models.breaker import Hold

MOST_COUNTED = 10_000
"""Redis does nothing else meanwhile."""

# Returns how many are open, and half-open. One that is forgotten may still be named.
_COUNT = """
local counted = {open = 0, half_open = 0}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)) do
    local state = redis.call('HGET', key, 'state')
    if state then counted[state] = counted[state] + 1 end
end
return {counted.open, counted.half_open}
"""


def troubled_circuits() -> Mapping[State, int]:
    """Empty while Redis is away: nobody knows then."""
    found = board.evaluate(_COUNT, [ALL_TROUBLED], [MOST_COUNTED])
    return dict(zip((State.OPEN, State.HALF_OPEN), found, strict=True)) if found else {}


def holds() -> Mapping[Hold, int]:
    """Call it inside the platform's scope."""
    living = BreakerHold.objects.filter(tool__retired_at=None)
    found = dict(living.order_by().values_list("hold").annotate(Count("id")))
    return {hold: found.get(hold, 0) for hold in Hold}
