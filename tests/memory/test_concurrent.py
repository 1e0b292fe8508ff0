"""Two at once, in threads with connections of their own: one of them wins, and nothing is there twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from accounts.errors import Conflict, PreconditionFailed, QuartermasterError
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from memory.create import create_memories, create_memory
from memory.delete import delete_memory
from memory.errors import MemoryNotFound
from memory.links.create import link
from memory.models import Memory, MemoryEmbedding, MemoryLink, MemoryVersion
from memory.restore import restore_memory
from memory.update import update_memory
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.memory.remembering import CURATOR, make_model, remember, seen_now
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
Work = Callable[[], Any]


def at_once(tenant: Tenant, *works: Work) -> list[Any]:
    """What each came to: what it returned, or what it raised."""
    ready = Barrier(len(works))

    def run(work: Work) -> Any:
        ready.wait(20)
        try:
            with within(tenant.id):
                return work()
        except QuartermasterError as error:
            return error

    with ThreadPoolExecutor(len(works)) as threads:
        asked = [threads.submit(in_another_connection, lambda work=work: run(work)) for work in works]
        return [one.result() for one in asked]


def one_after_the_other(tenant: Tenant, first: Work, second: Work) -> list[Any]:
    """The second waits in PostgreSQL until the first commits."""

    def run(work: Work) -> Any:
        try:
            with within(tenant.id):
                return work()
        except QuartermasterError as error:
            return error

    with ThreadPoolExecutor(1) as thread, within(tenant.id):
        became = first()
        other = thread.submit(in_another_connection, lambda: run(second))
        until(somebody_waits_for_a_lock)
    return [became, other.result()]


def test_of_many_who_change_the_same_version_one_wins(acme: Tenant) -> None:
    memory = remember(acme, "a")
    became = at_once(
        acme,
        *(
            lambda number=number: update_memory(
                by=CURATOR, memory_id=memory.id, version=1, changes={"content": str(number)}
            )
            for number in range(4)
        ),
    )
    (winner,) = [each for each in became if isinstance(each, Memory)]
    assert [type(each) for each in became].count(PreconditionFailed) == 3
    now = seen_now(acme, memory.id)
    assert (now.version, now.content) == (2, winner.content)
    with within(acme.id):
        assert (MemoryVersion.objects.count(), AuditEntry.objects.filter(action="memory.updated").count()) == (1, 1)


def test_of_two_who_store_the_same_one_makes_it(acme: Tenant) -> None:
    make_model()
    store = lambda: create_memory(tenant_id=acme.id, by=CURATOR, facts={"content": "a"})  # noqa: E731
    first, second = one_after_the_other(acme, store, store)
    assert (first.is_new, second.is_new, first.memory.id) == (True, False, second.memory.id)
    with within(acme.id):
        assert (Memory.objects.count(), MemoryEmbedding.objects.count()) == (1, 1)
        assert AuditEntry.objects.filter(action="memory.created").count() == 1


def test_two_who_store_the_same_in_another_order_do_not_wait_in_a_circle(acme: Tenant) -> None:
    items = [{"content": str(number)} for number in range(100)]
    became = at_once(
        acme,
        *(
            lambda items=given: create_memories(tenant_id=acme.id, by=CURATOR, items=items, atomic=True)
            for given in (items, items[::-1], items[50:] + items[:50])
        ),
    )
    assert sum(each.is_new for made in became for each in made) == 100
    with within(acme.id):
        assert Memory.objects.count() == 100


def test_what_is_deleted_while_the_same_is_stored_is_there_again(acme: Tenant) -> None:
    memory = remember(acme, "a")
    gone, again = one_after_the_other(
        acme,
        lambda: delete_memory(by=CURATOR, memory_id=memory.id),
        lambda: update_memory(by=CURATOR, memory_id=memory.id, version=1, changes={"content": "b"}),
    )
    assert (gone.version, type(again)) == (2, MemoryNotFound)
    assert seen_now(acme, memory.id).content == "a"


def test_of_two_who_come_to_say_the_same_the_second_is_refused(acme: Tenant) -> None:
    first, second = remember(acme, "a"), remember(acme, "b")
    changes = {"content": "c"}
    became = one_after_the_other(
        acme,
        lambda: update_memory(by=CURATOR, memory_id=first.id, version=1, changes=changes),
        lambda: update_memory(by=CURATOR, memory_id=second.id, version=1, changes=changes),
    )
    assert isinstance(became[1], Conflict)
    assert became[1].extra == {"memory": str(first.id)}
    with within(acme.id):
        assert MemoryVersion.objects.count() == 1


def test_what_is_stored_while_the_same_is_restored_is_refused(acme: Tenant) -> None:
    memory = remember(acme, "a")
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=memory.id)
    again, restored = one_after_the_other(
        acme,
        lambda: create_memory(tenant_id=acme.id, by=CURATOR, facts={"content": "a"}),
        lambda: restore_memory(by=CURATOR, memory_id=memory.id),
    )
    assert (again.is_new, type(restored)) == (True, Conflict)
    with within(acme.id):
        assert (Memory.objects.there().count(), MemoryVersion.objects.count()) == (1, 1)


def test_two_who_link_the_same_make_one_link(acme: Tenant) -> None:
    first, second = remember(acme, "a"), remember(acme, "b")
    became = one_after_the_other(
        acme,
        lambda: link(by=CURATOR, from_id=first.id, to_id=second.id, type="about"),
        lambda: link(by=CURATOR, from_id=first.id, to_id=second.id, type="about", weight=0.5),
    )
    assert became[0].link.id == became[1].link.id
    assert [each.is_new for each in became] == [True, False]
    with within(acme.id):
        assert [each.weight for each in MemoryLink.objects.all()] == [0.5]
