"""What is asked of PostgreSQL when Redis has lost a count."""

import asyncio
from datetime import UTC, datetime

import pytest

from accounts.limits import Limits
from accounts.models import Tenant
from registry.limits import take
from registry.limits.bounds import Bound, Subject, bounds_of
from tests.corridor import Corridor

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_counts_once_however_many_calls_wait_for_it(
    acme: Tenant, corridor: Corridor, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    count = take.used_of_quota

    def counting(bound: Bound) -> int:
        counted.append(bound.name)
        return count(bound)

    async def several(bound: Bound) -> list[int]:
        return await asyncio.gather(*(take._used_before(bound) for _ in range(10)))

    monkeypatch.setattr(take, "used_of_quota", counting)
    (bound,) = bounds_of(Subject("tenant", acme.id, acme.id, ""), Limits(quota={"per_day": 5}), datetime.now(UTC))
    assert corridor.loop.run(several(bound)) == [0] * 10
    assert counted == ["tenant-day"]
