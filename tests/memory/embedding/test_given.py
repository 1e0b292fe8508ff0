import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.errors import Invalid
from memory.embedding.given import read_vectors
from memory.models import Memory
from tests.memory.remembering import make_model

pytestmark = pytest.mark.django_db


def test_it_asks_for_the_model_only_where_somebody_sent_a_vector(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        given = read_vectors([{"content": "a"}, {"vector": None}, "no object"])
    given.check(0)
    assert given.by_memory({0: Memory()}) == {}
    make_model(dimensions=1)
    with django_assert_num_queries(2):  # under the lock that all writes share
        read_vectors([{"vector": [1]}, {"vector": [1]}])


def test_it_makes_vectors_of_length_one() -> None:
    make_model(dimensions=2)
    memory = Memory()
    given = read_vectors([{}, {"vector": [3, 4]}])
    given.check(1)
    assert given.by_memory({0: Memory(), 1: memory}) == {memory.id: [0.6, 0.8]}


@pytest.mark.parametrize(("vector", "path"), [([1], "$.vector"), ([1, "2"], "$.vector[1]"), ([0, 0], "$.vector")])
def test_it_refuses_what_is_no_vector_of_the_model(vector: list[object], path: str) -> None:
    make_model(dimensions=2)
    with pytest.raises(Invalid) as refused:
        read_vectors([{"vector": vector}]).check(0)
    assert [fault.path for fault in refused.value.faults] == [path]
