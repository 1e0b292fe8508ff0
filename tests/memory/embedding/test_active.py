"""Which models there are, while several ask at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from integrations.embedding.lexical_hash import DIMENSIONS, MODEL_ID
from memory.embedding import active
from memory.embedding.active import active_model, changing_models, ensure_model, models_to_write
from memory.errors import ModelsBusy
from memory.models import EmbeddingModel, ModelState
from tests.locks import in_another_connection, somebody_waits_for_a_lock
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)


def make_model(name: str, state: ModelState) -> EmbeddingModel:
    return EmbeddingModel.objects.create(name=name, dimensions=3, state=state)


@contextmanager
def a_write() -> Iterator[None]:
    """Another process's write, which has read the models and goes on until the block ends."""
    has_read, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            models_to_write()
            has_read.set()
            may_end.wait(30)

    writer = threading.Thread(target=in_another_connection, args=(write,))
    writer.start()
    assert has_read.wait(30)
    try:
        yield
    finally:
        may_end.set()
        writer.join(30)


def test_there_is_none_before_the_first_write() -> None:
    assert active_model() is None


def test_the_first_write_makes_what_the_setting_names() -> None:
    (made,) = models_to_write()
    assert (made.name, made.dimensions, made.state) == (MODEL_ID, DIMENSIONS, "active")
    assert made.activated_at is not None
    assert active_model() == made == ensure_model()


def test_two_that_make_the_first_one_at_once_get_the_same() -> None:
    found: list[EmbeddingModel] = []
    other = threading.Thread(target=in_another_connection, args=(lambda: found.append(ensure_model()),))
    with transaction.atomic():
        found.append(ensure_model())
        other.start()
        until(somebody_waits_for_a_lock)
    other.join(30)
    assert found[0] == found[1]
    assert EmbeddingModel.objects.count() == 1


def test_a_write_gets_the_active_one_first_and_the_one_that_is_built() -> None:
    make_model("gone", ModelState.RETIRED)
    building = make_model("new", ModelState.BUILDING)
    first = make_model("old", ModelState.ACTIVE)
    assert models_to_write() == [first, building]


def test_a_write_asks_twice(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ensure_model()
    with django_assert_num_queries(2):
        models_to_write()


def test_a_change_waits_for_the_writes_that_have_read_the_models() -> None:
    changed = threading.Event()

    def change() -> None:
        with changing_models():
            make_model("new", ModelState.BUILDING)
            changed.set()

    other = threading.Thread(target=in_another_connection, args=(change,))
    with pytest.MonkeyPatch.context() as patch, a_write():
        patch.setattr(active, "WRITES_WAIT", "30s")
        other.start()
        until(somebody_waits_for_a_lock)
        assert not changed.is_set()
    other.join(30)
    assert changed.is_set()


def test_a_write_that_waited_for_a_change_knows_of_it() -> None:
    ensure_model()
    found: list[str] = []
    other = threading.Thread(
        target=in_another_connection, args=(lambda: found.extend(each.name for each in models_to_write()),)
    )
    with changing_models():
        other.start()
        until(somebody_waits_for_a_lock)
        make_model("new", ModelState.BUILDING)
    other.join(30)
    assert found == [MODEL_ID, "new"]


def test_writes_do_not_wait_for_each_other() -> None:
    ensure_model()
    with a_write():
        assert len(models_to_write()) == 1


def test_a_change_gives_up_when_a_write_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(active, "WRITES_WAIT", "50ms")
    with a_write(), pytest.raises(ModelsBusy, match="a long write runs"), changing_models():
        pytest.fail("Nothing may be changed.")  # pragma: no cover
    with changing_models():
        assert EmbeddingModel.objects.count() == 1
