"""Bodies: JSON is taken as it is."""

from typing import Any

import pytest
from rest_framework import serializers

from accounts.api.problems import faults_of
from accounts.api.serializers import RateLimitSerializer, StrictSerializer, TimeField
from accounts.errors import Fault


class Everything(StrictSerializer):
    text = serializers.CharField(required=False, allow_null=True)
    number = serializers.IntegerField(required=False)
    share = serializers.FloatField(required=False)
    flag = serializers.BooleanField(required=False)
    kind = serializers.ChoiceField(choices=["a", "1"], required=False)
    at = TimeField(required=False)
    id = serializers.UUIDField(required=False)
    names = serializers.ListField(child=serializers.CharField(), required=False)
    limit = RateLimitSerializer(required=False)
    anything = serializers.JSONField(required=False)
    made = serializers.CharField(read_only=True)


def faults(body: Any) -> list[Fault]:
    serializer = Everything(data=body)
    return [] if serializer.is_valid() else faults_of(serializer.errors)


def test_it_takes_values_of_their_type() -> None:
    body = {
        "text": None,
        "number": 5,
        "share": 1,
        "flag": True,
        "kind": "a",
        "at": "2030-01-31T12:00:00Z",
        "id": "0199d3a1-0000-7000-8000-000000000000",
        "names": ["x"],
        "limit": {"per_minute": 60},
        "anything": [None, {"a": 1.5}],
    }
    assert faults(body) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("text", 5, "Give a string."),
        ("text", True, "Give a string."),
        ("number", "5", "Give a whole number."),
        ("number", 5.0, "Give a whole number."),
        ("number", True, "Give a whole number."),
        ("share", "0.5", "Give a number."),
        ("share", False, "Give a number."),
        ("flag", "yes", "Give true or false."),
        ("flag", 1, "Give true or false."),
        ("kind", 1, "Give a string."),
        ("at", 1700000000, "Give a time as a string: 2030-01-31T12:00:00Z."),
        ("id", 5, "Give a string."),
    ],
)
def test_it_refuses_a_value_of_another_type(field: str, value: Any, sentence: str) -> None:
    assert faults({field: value}) == [Fault(f"$.{field}", sentence)]


def test_it_refuses_items_of_another_type_by_their_place() -> None:
    assert faults({"names": ["x", 5, None, True]}) == [
        Fault("$.names[1]", "Give a string."),
        Fault("$.names[3]", "Give a string."),
    ]


def test_it_names_the_place_of_a_null_item() -> None:
    assert faults({"names": ["x", None]}) == [Fault("$.names[1]", "This field may not be null.")]


def test_it_refuses_unknown_and_made_fields_by_name() -> None:
    unknown = "There is no such field here. Leave it out, or check its spelling."
    assert faults({"colour": 1, "made": "x", "text": "x"}) == [Fault("$.colour", unknown), Fault("$.made", unknown)]


def test_it_names_the_place_inside_an_object() -> None:
    assert faults({"limit": {"per_minute": "60"}}) == [Fault("$.limit.per_minute", "Give a whole number.")]


@pytest.mark.parametrize("body", [[], "text", 5, True])
def test_it_refuses_what_is_no_object(body: Any) -> None:
    assert [fault.path for fault in faults(body)] == ["$"]


@pytest.mark.parametrize("at", ["2000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59+14:00"])
def test_it_takes_times_of_the_calendar(at: str) -> None:
    assert faults({"at": at}) == []


@pytest.mark.parametrize(
    "at",
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-00:01"],
)
def test_it_refuses_times_that_cannot_be(at: str) -> None:
    assert faults({"at": at}) == [Fault("$.at", "Give a time in the years 2000 to 9999, in UTC.")]
