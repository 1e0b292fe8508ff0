"""What may be stored as a vector. The columns are halfvec: sixteen bits for each number."""

import math
from collections.abc import Sequence

from accounts.errors import Fault, Invalid

LARGEST = 65_504.0
"""The largest number of sixteen bits."""
SMALLEST = 2.0**-24
"""The smallest: what is less than half of it is stored as zero."""


def checked(values: object, dimensions: int, *, path: str = "$") -> list[float]:
    """The numbers of a vector that somebody sent. Raises Invalid, with a fault at `path`."""
    if not isinstance(values, list | tuple):
        raise _invalid(path, f"A vector is a list of {dimensions} numbers.")
    if len(values) != dimensions:
        raise _invalid(path, f"A vector has {dimensions} numbers here, not {len(values)}.")
    numbers = [_number(value, path, index) for index, value in enumerate(values)]
    if all(abs(number) < SMALLEST for number in numbers):
        what = "so short" if any(numbers) else "of nothing but zeros"
        raise _invalid(path, f"A vector {what} has no direction. Send another one, or none.")
    return numbers


def unit(values: Sequence[float]) -> list[float]:
    """The same direction, of length one. Raises ValueError where there is no direction."""
    length = math.hypot(*values)
    if not (math.isfinite(length) and length > 0):
        raise ValueError("These numbers have no direction.")
    return [value / length for value in values]


def _number(value: object, path: str, index: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"{path}[{index}]", "Every value of a vector is a number.")
    # NaN is larger than nothing, so it is asked whether the number is small enough, not whether it is too large.
    if not abs(value) <= LARGEST:
        message = f"Every value of a vector is a finite number between -{LARGEST:.0f} and {LARGEST:.0f}."
        raise _invalid(f"{path}[{index}]", message)
    return float(value)


def _invalid(path: str, message: str) -> Invalid:
    return Invalid(faults=[Fault(path, message)])
