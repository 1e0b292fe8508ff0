import threading
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings

from registry.live import board, pace


@pytest.fixture
def tenant_id() -> UUID:
    return uuid4()


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn lasts longer than any test."""
    monkeypatch.setattr(pace, "TURN_MS", 600_000)


def end_turn(tenant_id: UUID) -> None:
    redis.Redis.from_url(settings.REDIS_URL).delete(f"{board.PREFIX}turn:{tenant_id}")


def take(tenant_id: UUID, after: int, upto: int) -> int | None:
    return pace.take_turn(tenant_id, after=after, upto=upto)


class TestTurns:
    def test_nobody_is_told_while_nobody_watches(self, tenant_id: UUID) -> None:
        assert take(tenant_id, 0, 1) is None

    def test_the_first_turn_starts_where_its_batch_does(self, tenant_id: UUID) -> None:
        pace.watch(tenant_id)
        assert take(tenant_id, 7, 9) == 7

    def test_two_hundred_batches_in_one_turn_are_one_frame_and_the_rest_is_merged_into_the_next(
        self, tenant_id: UUID, slowly: None
    ) -> None:
        pace.watch(tenant_id)
        taken = [take(tenant_id, n, n + 1) for n in range(200)]
        assert taken == [0] + [None] * 199
        end_turn(tenant_id)
        assert take(tenant_id, 200, 201) == 1

    def test_no_more_than_four_turns_fit_into_a_second(self, tenant_id: UUID) -> None:
        pace.watch(tenant_id)
        take(tenant_id, 0, 1)
        assert 0 < redis.Redis.from_url(settings.REDIS_URL).pttl(f"{board.PREFIX}turn:{tenant_id}") <= pace.TURN_MS
        assert 1000 / pace.TURN_MS < 4

    def test_it_holds_for_all_who_seal_at_once(self, tenant_id: UUID, slowly: None) -> None:
        pace.watch(tenant_id)
        taken: list[int | None] = []
        threads = [threading.Thread(target=lambda: taken.append(take(tenant_id, 0, 5))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(taken, key=str) == [0] + [None] * 7

    def test_tenants_do_not_wait_for_each_other(self, tenant_id: UUID, slowly: None) -> None:
        other = uuid4()
        for each in (tenant_id, other):
            pace.watch(each)
        assert (take(tenant_id, 0, 1), take(other, 4, 5)) == (0, 4)

    def test_what_was_told_is_not_told_again(self, tenant_id: UUID, slowly: None) -> None:
        pace.watch(tenant_id)
        take(tenant_id, 0, 5)
        end_turn(tenant_id)
        assert take(tenant_id, 0, 5) is None

    def test_whoever_watches_again_later_starts_with_the_batch_of_then(self, tenant_id: UUID) -> None:
        pace.watch(tenant_id)
        take(tenant_id, 0, 5)
        redis.Redis.from_url(settings.REDIS_URL).delete(
            f"{board.PREFIX}watched:{tenant_id}", f"{board.PREFIX}turn:{tenant_id}"
        )
        assert take(tenant_id, 5, 800) is None
        pace.watch(tenant_id)
        assert take(tenant_id, 800, 801) == 800

    def test_nobody_is_told_while_redis_is_away(self, tenant_id: UUID, redis_away: None) -> None:
        pace.watch(tenant_id)
        assert take(tenant_id, 0, 1) is None
