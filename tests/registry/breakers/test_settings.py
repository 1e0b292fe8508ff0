from typing import Any

import pytest

from registry.breakers.settings import USUAL, BreakerSettings, faults, settings_of


def test_it_is_as_usual_where_nothing_is_said() -> None:
    assert settings_of(None) is USUAL
    assert settings_of({"trials": 3}) == BreakerSettings(60, 5, 0.5, 30, 3)


@pytest.mark.parametrize(
    ("written", "fields"),
    [
        ({}, []),
        ({"window_seconds": 10, "minimum_calls": 1, "failure_rate": 1, "open_seconds": 1, "trials": 1}, []),
        ("often", [""]),
        ({"failure_rate": 0}, ["failure_rate"]),
        ({"failure_rate": 1.1}, ["failure_rate"]),
        ({"failure_rate": True}, ["failure_rate"]),
        ({"window_seconds": 0}, ["window_seconds"]),
        ({"trials": 101}, ["trials"]),
        ({"minimum_calls": 1.5}, ["minimum_calls"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
def test_it_names_what_is_wrong(written: Any, fields: list[str]) -> None:
    assert [field for field, _ in faults(written)] == fields
