"""How free hands are shared."""

from collections import Counter
from uuid import UUID

from webhooks.queue.lanes import Lane
from webhooks.queue.shares import share

ACME, GLOBEX, INITECH = UUID(int=1), UUID(int=2), UUID(int=3)


def lane(tenant_id: UUID, number: int, *, due: int = 100, running: int = 0) -> Lane:
    return Lane(tenant_id, UUID(int=number), running, due)


def by_tenant(shares: dict[Lane, int]) -> Counter[UUID]:
    counts: Counter[UUID] = Counter()
    for each, count in shares.items():
        counts[each.tenant_id] += count
    return counts


def test_nobody_waits_no_share() -> None:
    assert share([], free=50, held={}) == {}


def test_a_lane_gets_no_more_than_it_has() -> None:
    only = lane(ACME, 1, due=3)
    assert share([only], free=50, held={}) == {only: 3}


def test_a_tenant_alone_leaves_half() -> None:
    assert by_tenant(share([lane(ACME, 1)], free=50, held={})) == {ACME: 25}


def test_three_tenants_leave_a_quarter() -> None:
    lanes = [lane(ACME, 1), lane(GLOBEX, 2), lane(INITECH, 3)]
    assert by_tenant(share(lanes, free=48, held={})) == {ACME: 12, GLOBEX: 12, INITECH: 12}


def test_what_a_tenant_has_in_hand_counts() -> None:
    lanes = [lane(ACME, 1), lane(GLOBEX, 2)]
    assert by_tenant(share(lanes, free=25, held={ACME: 25})) == {GLOBEX: 13}


def test_a_newcomer_is_served_first() -> None:
    assert by_tenant(share([lane(ACME, 1), lane(GLOBEX, 2, due=1)], free=2, held={ACME: 1})) == {GLOBEX: 1}


def test_the_last_hand_goes_to_who_has_none() -> None:
    assert by_tenant(share([lane(ACME, 1)], free=1, held={GLOBEX: 49})) == {ACME: 1}


def test_a_tenants_many_lanes_are_worth_no_more_than_one() -> None:
    lanes = [lane(ACME, number) for number in range(1, 20)] + [lane(GLOBEX, 20)]
    assert by_tenant(share(lanes, free=30, held={})) == {ACME: 10, GLOBEX: 10}


def test_of_a_tenants_lanes_the_idle_one_comes_first() -> None:
    busy, idle = lane(ACME, 1, running=4), lane(ACME, 2)
    assert share([busy, idle], free=8, held={}) == {idle: 4}
    assert share([busy, idle], free=12, held={}) == {idle: 5, busy: 1}


def test_where_all_is_equal_the_first_come_first() -> None:
    lanes = [lane(ACME, number) for number in (3, 1, 2)]
    assert share(lanes, free=4, held={}) == {lanes[0]: 1, lanes[1]: 1}
