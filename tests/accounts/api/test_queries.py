"""Query parameters: read strictly, refused by name."""

import pytest
from django.http import QueryDict
from rest_framework import serializers

from accounts.api.queries import PageQuery, QuerySerializer, read_query
from accounts.errors import Fault, Invalid


class ToolQuery(PageQuery):
    healthy = serializers.BooleanField(required=False)
    category = serializers.CharField(max_length=5, required=False)


def refused(query: str, serializer_class: type[QuerySerializer] = ToolQuery) -> tuple[Fault, ...]:
    with pytest.raises(Invalid) as refusal:
        read_query(QueryDict(query), serializer_class)
    return refusal.value.faults


def test_it_reads_what_it_knows() -> None:
    assert read_query(QueryDict("healthy=true&category=crm&limit=7&cursor=abc"), ToolQuery) == {
        "healthy": True,
        "category": "crm",
        "limit": 7,
        "cursor": "abc",
    }


def test_it_leaves_out_what_was_left_out() -> None:
    assert read_query(QueryDict(""), ToolQuery) == {}


def test_it_refuses_what_it_does_not_know_by_name() -> None:
    assert refused("colour=red&limit=5&shape=round") == (
        Fault("colour", "There is no such parameter here. Leave it out, or check its spelling."),
        Fault("shape", "There is no such parameter here. Leave it out, or check its spelling."),
    )


def test_it_refuses_every_parameter_where_none_is_taken() -> None:
    assert [fault.path for fault in refused("limit=5", QuerySerializer)] == ["limit"]


def test_it_refuses_what_is_given_twice() -> None:
    assert refused("category=crm&category=mail") == (Fault("category", "This is given more than once. Give it once."),)


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "", "1.5", "9" * 5000])
def test_it_refuses_a_page_of_another_size(limit: str) -> None:
    assert [fault.path for fault in refused(f"limit={limit}")] == ["limit"]


@pytest.mark.parametrize(
    "query", ["healthy=perhaps", "category=%00", "category=longer", "category=", "cursor=" + "x" * 1001]
)
def test_it_refuses_a_wrong_value_by_its_parameter(query: str) -> None:
    assert [fault.path for fault in refused(query)] == [query.partition("=")[0]]
