"""How the free hands of a process are shared: between tenants first, then between the lanes of each. A pure decision.

No tenant gets more than it leaves for others: one alone has half of a process's hands, two have a third each, and so
on. So there is always a hand for who comes next, however slow the others are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from webhooks.queue.lanes import Lane


def share(lanes: Sequence[Lane], *, free: int, held: Mapping[UUID, int]) -> dict[Lane, int]:
    """How many to take of each lane. `held` is what this process has in hand already, by tenant.

    Again and again the tenant that has the fewest in hand is served, and of its lanes the one of which the fewest run.
    """
    shares: dict[Lane, int] = {}
    in_hand = {lane.tenant_id: held.get(lane.tenant_id, 0) for lane in lanes}
    waiting: defaultdict[UUID, list[Lane]] = defaultdict(list)
    for lane in lanes:
        waiting[lane.tenant_id].append(lane)
    while waiting:
        tenant_id = min(waiting, key=in_hand.__getitem__)
        if in_hand[tenant_id] >= free:
            break
        lane = min(waiting[tenant_id], key=lambda lane: lane.running + shares.get(lane, 0))
        shares[lane] = shares.get(lane, 0) + 1
        in_hand[tenant_id] += 1
        free -= 1
        if shares[lane] == lane.due:
            waiting[tenant_id].remove(lane)
        if not waiting[tenant_id]:
            del waiting[tenant_id]
    return shares
