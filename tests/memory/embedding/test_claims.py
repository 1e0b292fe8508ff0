"""Who makes which vector, and what is stored of what was made."""

import threading
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models.functions import Now
from pytest_django import DjangoAssertNumQueries

from accounts.models import Tenant
from accounts.tenancy import within
from memory.embedding import claims
from memory.embedding.active import ensure_model
from memory.embedding.claims import Claim, claim, refuse, release, store
from memory.models import Memory, MemoryEmbedding
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.memory.embedding.rows import (
    change,
    delete,
    digest_of,
    make_due,
    remember,
    row_of,
    rows_of,
    seconds_until_due,
    vector_of,
)
from tests.patience import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shelf")]

VECTOR = [1.0, 0.5, 0.25]


def take(tenant: Tenant, *, most: int = 10) -> list[Claim]:
    return claim(tenant_id=tenant.id, model_ids=[ensure_model().id], most=most)


def test_it_claims_what_is_due_and_nobody_claims_it_again(acme: Tenant) -> None:
    memory = remember(acme, "Apollo flies on Monday.")
    (claimed,) = take(acme)
    assert (claimed.memory_id, claimed.content) == (memory.id, "Apollo flies on Monday.")
    assert claimed.digest == digest_of("Apollo flies on Monday.")
    assert claims.LEASE_SECONDS - 10 < seconds_until_due(row_of(memory)) <= claims.LEASE_SECONDS
    assert take(acme) == []


def test_a_lost_lease_comes_back(acme: Tenant) -> None:
    memory = remember(acme, "Apollo flies on Monday.")
    take(acme)
    make_due(memory)
    assert [each.memory_id for each in take(acme)] == [memory.id]


def test_it_claims_those_that_have_waited_longest(acme: Tenant) -> None:
    first, second, third = (remember(acme, text) for text in ("one", "two", "three"))
    make_due(first)
    assert [each.memory_id for each in take(acme, most=2)] == [second.id, third.id]


def test_it_claims_of_those_that_are_named(acme: Tenant) -> None:
    remember(acme, "one")
    second = remember(acme, "two")
    asked = {second.id, uuid4()}
    claimed = claim(tenant_id=acme.id, model_ids=[ensure_model().id], most=10, memory_ids=asked)
    assert [each.memory_id for each in claimed] == [second.id]


def test_it_claims_nothing_of_another_tenant(acme: Tenant, globex: Tenant) -> None:
    memory = remember(acme, "one")
    model = ensure_model().id
    assert claim(tenant_id=globex.id, model_ids=[model], most=10) == []
    assert claim(tenant_id=globex.id, model_ids=[model], most=10, memory_ids=[memory.id]) == []


def test_two_at_once_claim_different_ones(acme: Tenant) -> None:
    for text in ("one", "two", "three", "four"):
        remember(acme, text)
    other: list[Claim] = []

    def take_the_rest() -> None:
        other.extend(take(acme))

    with transaction.atomic():
        mine = take(acme, most=2)
        thread = threading.Thread(target=in_another_connection, args=(take_the_rest,))
        thread.start()
        thread.join(30)
    assert [each.content for each in mine] == ["one", "two"]
    assert [each.content for each in other] == ["three", "four"]


def test_it_leaves_what_belongs_to_a_deleted_memory(acme: Tenant) -> None:
    memory = remember(acme, "one")
    with within(acme.id):
        Memory.objects.update(deleted_at=Now())
    assert take(acme) == []
    assert seconds_until_due(row_of(memory)) > 0


def test_it_stores_a_vector(acme: Tenant) -> None:
    memory = remember(acme, "one")
    (claimed,) = take(acme)
    assert store([claimed], [VECTOR]) == {claimed.row_id}
    row = row_of(memory)
    assert (row.status, row.due_at, vector_of(row)) == ("ready", None, VECTOR)


def test_many_are_stored_in_one_statement(acme: Tenant, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(20):
        remember(acme, f"number {number}")
    claimed = take(acme, most=20)
    with django_assert_num_queries(4):  # begin, scope, store, commit
        assert len(store(claimed, [VECTOR] * 20)) == 20


def test_a_vector_of_content_that_was_changed_is_not_stored(acme: Tenant) -> None:
    memory = remember(acme, "old")
    (claimed,) = take(acme)
    change(memory, "new")
    assert store([claimed], [VECTOR]) == set()
    assert row_of(memory).status == "pending"
    assert [each.content for each in take(acme)] == ["new"]


def test_a_vector_is_not_stored_when_the_change_is_committed_meanwhile(acme: Tenant) -> None:
    memory = remember(acme, "old")
    (claimed,) = take(acme)
    stored: list[set[int]] = []
    thread = threading.Thread(target=in_another_connection, args=(lambda: stored.append(store([claimed], [VECTOR])),))
    with transaction.atomic():
        change(memory, "new")
        thread.start()
        until(somebody_waits_for_a_lock)
    thread.join(30)
    assert stored == [set()]
    assert [each.content for each in take(acme)] == ["new"]


def test_a_content_that_was_read_before_a_change_was_committed_is_not_stored(acme: Tenant) -> None:
    """A claim reads what is committed. Who changes it meanwhile is found out by the digest, too."""
    memory = remember(acme, "old")
    with within(acme.id):
        Memory.objects.filter(id=memory.id).update(content="new", content_digest=digest_of("new"))
    model = ensure_model().id
    (claimed,) = claim(tenant_id=acme.id, model_ids=[model], most=1)
    old = Claim(
        row_id=claimed.row_id,
        tenant_id=claimed.tenant_id,
        memory_id=claimed.memory_id,
        model_id=model,
        lease=claimed.lease,
        content="old",
        digest=digest_of("old"),
    )
    assert store([old], [VECTOR]) == set()
    assert [each.content for each in take(acme)] == ["new"], "It is released at once."


def test_a_vector_of_a_deleted_memory_is_not_stored(acme: Tenant) -> None:
    memory = remember(acme, "one")
    (claimed,) = take(acme)
    delete(memory)
    assert store([claimed], [VECTOR]) == set()
    assert rows_of(memory) == {}


def test_who_has_lost_the_lease_stores_nothing(acme: Tenant) -> None:
    memory = remember(acme, "one")
    (late,) = take(acme)
    make_due(memory)
    (holder,) = take(acme)
    assert store([late], [[9.0, 9.0, 9.0]]) == set()
    release([late])
    assert refuse([late]) == []
    assert store([holder], [VECTOR]) == {holder.row_id}
    assert vector_of(row_of(memory)) == VECTOR


def test_what_is_released_can_be_taken_after_the_pause(acme: Tenant) -> None:
    memory = remember(acme, "one")
    release(take(acme), pause_seconds=30)
    assert 20 < seconds_until_due(row_of(memory)) <= 30
    assert row_of(memory).attempts == 0
    make_due(memory)
    release(take(acme))
    assert len(take(acme)) == 1


def test_nothing_is_done_with_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert store([], []) == set()
        release([])
        assert refuse([]) == []


def test_what_is_refused_is_tried_again_with_growing_pauses_and_then_given_up(acme: Tenant) -> None:
    memory = remember(acme, "one")
    for pause in claims.PAUSES_SECONDS:
        assert refuse(take(acme)) == []
        row = row_of(memory)
        assert row.status == "pending"
        assert pause - 5 < seconds_until_due(row) <= pause
        make_due(memory)
    (claimed,) = take(acme)
    assert refuse([claimed]) == [claimed]
    row = row_of(memory)
    assert (row.status, row.attempts, row.due_at) == ("failed", 5, None)
    assert take(acme) == []


def test_a_vector_that_was_made_after_refusals_starts_anew(acme: Tenant) -> None:
    memory = remember(acme, "one")
    refuse(take(acme))
    make_due(memory)
    store(take(acme), [VECTOR])
    assert row_of(memory).attempts == 0
    with within(acme.id):
        assert MemoryEmbedding.objects.ready().count() == 1
