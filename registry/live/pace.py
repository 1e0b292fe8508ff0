"""At most four frames a second per tenant, whichever process seals, and none while nobody watches.

Who wants to send takes a turn. One that is refused sends nothing: the next turn starts where the last one ended, so
what was left out is merged into it by its position.
"""

from uuid import UUID

from registry.live import board

TURN_MS = 300
"""A little more than a quarter of a second: four to a second also after a frame was late."""
WATCHED_MS = 120_000
"""How long a tenant counts as watched after a socket has said so; sockets say it more often than that."""

# KEYS: watched, turn, told. ARGV: the batch's start and end, the length of a turn. Told is how far frames have gone;
# it is forgotten while nobody watches. Answers where to start, or nothing: not this time.
_TAKE_TURN = """
if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('DEL', KEYS[3])
    return false
end
local told = tonumber(redis.call('GET', KEYS[3])) or tonumber(ARGV[1])
if told >= tonumber(ARGV[2]) then return false end
if not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[3]) then return false end
redis.call('SET', KEYS[3], ARGV[2])
return told
"""
_WATCH = "redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])"


def take_turn(tenant_id: UUID, *, after: int, upto: int) -> int | None:
    """The position to start a frame from that ends at `upto`; None: send none (or Redis is away)."""
    started: int | None = board.run(_TAKE_TURN, _keys(tenant_id), [after, upto, TURN_MS])
    return started


def watch(tenant_id: UUID) -> None:
    """Somebody looks on: frames are worth building."""
    board.run(_WATCH, [_keys(tenant_id)[0]], [WATCHED_MS])


def _keys(tenant_id: UUID) -> list[str]:
    return [f"watched:{tenant_id}", f"turn:{tenant_id}", f"told:{tenant_id}"]
