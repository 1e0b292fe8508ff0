import math
from typing import Any

import pytest

from accounts.errors import Invalid
from integrations.embedding.vectors import checked, unit


def test_it_takes_a_list_of_numbers() -> None:
    assert checked([1, -0.5, 65504.0], 3) == [1.0, -0.5, 65504.0]
    assert checked((0, 6e-8), 2) == [0.0, 6e-8]


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        (None, "$.vector", "A vector is a list of 2 numbers."),
        ("12", "$.vector", "A vector is a list of 2 numbers."),
        ({0: 1, 1: 2}, "$.vector", "A vector is a list of 2 numbers."),
        ([1.0], "$.vector", "A vector has 2 numbers here, not 1."),
        ([1.0, 2.0, 3.0], "$.vector", "A vector has 2 numbers here, not 3."),
        ([1.0, "2"], "$.vector[1]", "Every value of a vector is a number."),
        ([True, 1.0], "$.vector[0]", "Every value of a vector is a number."),
        ([1.0, None], "$.vector[1]", "Every value of a vector is a number."),
        ([0, 0.0], "$.vector", "A vector of nothing but zeros has no direction. Send another one, or none."),
        ([5e-8, -5e-8], "$.vector", "A vector so short has no direction. Send another one, or none."),
    ],
)
def test_it_refuses_what_is_no_vector(values: object, path: str, message: str) -> None:
    assert fault_of(values) == (path, message)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 65504.1, -70000, 10**400])
def test_it_refuses_what_sixteen_bits_do_not_hold(value: Any) -> None:
    message = "Every value of a vector is a finite number between -65504 and 65504."
    assert fault_of([1.0, value]) == ("$.vector[1]", message)


def test_it_makes_a_vector_of_unit_length() -> None:
    assert unit([3.0, -4.0]) == [0.6, -0.8]
    assert unit([3e300, 4e300]) == pytest.approx([0.6, 0.8])


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_it_makes_none_of_what_has_no_direction(values: list[float]) -> None:
    with pytest.raises(ValueError, match="no direction"):
        unit(values)


def fault_of(values: object) -> tuple[str, str]:
    with pytest.raises(Invalid) as caught:
        checked(values, 2, path="$.vector")
    (fault,) = caught.value.faults
    return fault.path, fault.message
