from typing import Any

import pytest
from cachetools import TTLCache
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenant
from accounts.tenancy import within
from memory import quota
from memory.delete import delete_memory
from memory.errors import QuotaReached
from memory.models import MemoryCount
from memory.quota import kept_by, room_for, take_room
from tests.memory.remembering import CURATOR, make_model, remember

pytestmark = pytest.mark.django_db


def keeps(tenant: Tenant, number: int) -> None:
    with within(tenant.id):
        MemoryCount.objects.create(tenant=tenant, namespace="a/", number=number)


def test_it_counts_memories_that_are_not_deleted_and_no_vectors(acme: Tenant, globex: Tenant) -> None:
    make_model()
    memory = remember(acme, "a", vector=[1, 2, 3])
    remember(acme, "b", namespace="x")
    remember(globex, "c")
    with within(acme.id):
        assert kept_by(acme.id) == 2
        delete_memory(by=CURATOR, memory_id=memory.id)
        assert kept_by(acme.id) == 1


def test_it_gives_what_there_is_room_for(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_QUOTA = 10
    keeps(acme, 7)
    with within(acme.id):
        assert [room_for(acme.id, wanted) for wanted in (1, 3, 4, 0)] == [1, 3, 3, 0]
        take_room(acme.id, 3)
        with pytest.raises(QuotaReached, match="as it may: 10"):
            take_room(acme.id, 4)


def test_who_keeps_more_than_the_quota_gets_no_room(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_QUOTA = 5
    keeps(acme, 7)
    with within(acme.id):
        assert room_for(acme.id, 1) == 0


def test_it_asks_nobody_where_there_is_no_quota(
    acme: Tenant, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.MEMORY_QUOTA = 0
    with within(acme.id), django_assert_num_queries(0):
        take_room(acme.id, 10**9)


def test_it_counts_once_in_a_while_where_there_is_plenty_of_room(
    acme: Tenant, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.MEMORY_QUOTA = quota.NEAR + 300
    with within(acme.id), django_assert_num_queries(1):
        for _ in range(3):
            take_room(acme.id, 100)


def test_it_counts_each_time_near_the_end(
    acme: Tenant, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.MEMORY_QUOTA = quota.NEAR
    with within(acme.id), django_assert_num_queries(2):
        take_room(acme.id, 1)
        take_room(acme.id, 1)


def test_it_takes_off_what_it_gave(acme: Tenant, settings: Any) -> None:
    settings.MEMORY_QUOTA = quota.NEAR + 100
    with within(acme.id):
        take_room(acme.id, 100)
        keeps(acme, quota.NEAR)  # as if another process had made them
        with pytest.raises(QuotaReached):
            take_room(acme.id, 101)


def test_it_counts_again_also_where_something_is_stored_all_the_time(
    acme: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEMORY_QUOTA = quota.NEAR + 1_000
    now = [0.0]
    rooms: Any = TTLCache(maxsize=10, ttl=quota.COUNTED_SECONDS, timer=lambda: now[0])
    monkeypatch.setattr(quota, "_rooms", rooms)
    with within(acme.id):
        take_room(acme.id, 1)
        keeps(acme, settings.MEMORY_QUOTA)  # as if another process had made them
        now[0] += quota.COUNTED_SECONDS / 2
        take_room(acme.id, 1)
        now[0] += quota.COUNTED_SECONDS / 2
        with pytest.raises(QuotaReached):
            take_room(acme.id, 1)
