"""What a version may say about retries, and what it means."""

from typing import Any

import pytest

from registry.retries import USUAL, Backoff, backoff_of, faults


def test_it_doubles_the_ceiling_up_to_the_longest() -> None:
    backoff = backoff_of({"attempts": 9, "first_backoff_ms": 200, "max_backoff_ms": 1000})
    assert [backoff.ceiling(attempt) for attempt in range(1, 6)] == [0.2, 0.4, 0.8, 1.0, 1.0]


def test_it_is_as_usual_where_nothing_is_said() -> None:
    assert backoff_of({"attempts": 3}) is USUAL
    assert backoff_of({"first_backoff_ms": 8000}) == Backoff(first_seconds=8.0, longest_seconds=8.0)
    assert backoff_of({"on_status": [503]}) == Backoff(on_status=frozenset({503}))


@pytest.mark.parametrize(
    ("retries", "fields"),
    [
        ({}, []),
        ({"attempts": 3, "first_backoff_ms": 100, "max_backoff_ms": 100, "on_status": [429, 503]}, []),
        ([3], [""]),
        ({"attempts": 11}, ["attempts"]),
        ({"attempts": True}, ["attempts"]),
        ({"first_backoff_ms": 0}, ["first_backoff_ms"]),
        ({"max_backoff_ms": 60_001}, ["max_backoff_ms"]),
        ({"first_backoff_ms": 500, "max_backoff_ms": 100}, ["max_backoff_ms"]),
        ({"on_status": 503}, ["on_status"]),
        ({"on_status": [200]}, ["on_status"]),
        ({"on_status": [True]}, ["on_status"]),
        ({"pause": 5}, ["pause"]),
    ],
)
def test_it_names_what_is_wrong(retries: Any, fields: list[str]) -> None:
    assert [field for field, _ in faults(retries)] == fields
