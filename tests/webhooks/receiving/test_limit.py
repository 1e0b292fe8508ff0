from typing import Any

import pytest

from accounts.limits import Limits
from tests.corridor import Loop
from tests.webhooks.receiving.arrivals import a_source, an_arrival
from webhooks.receiving import limit as step
from webhooks.receiving.limit import limit
from webhooks.receiving.types import Arrival, Refused

NOTHING: dict[str, object] = {}


def limited(**rate: Any) -> Arrival:
    return an_arrival(source=a_source(limits=Limits(rate=rate)))


async def refused(arrival: Arrival) -> Refused:
    with pytest.raises(Refused) as caught:
        await limit(arrival, NOTHING)
    return caught.value


def test_it_refuses_what_is_too_much_and_says_when_to_come_again(corridor_loop: Loop) -> None:
    arrival = limited(per_minute=60, burst=1)
    corridor_loop.run(limit(arrival, NOTHING))
    why = corridor_loop.run(refused(arrival))
    assert (why.reason, why.answer.status) == ("rate_limited", 429)
    assert why.answer.retry_after == pytest.approx(1, abs=0.5)
    assert "60 events per minute" in why.detail


async def test_it_asks_nobody_where_no_limit_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(step, "take")
    await limit(an_arrival(), NOTHING)


async def test_it_lets_events_in_while_redis_is_away_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(bounds: Any, holder: str) -> None:
        return None

    monkeypatch.setattr(step, "take", away)
    await limit(limited(per_minute=60), NOTHING)
    assert (await refused(limited(per_minute=60, without_redis="closed"))).reason == "rate_limited"
