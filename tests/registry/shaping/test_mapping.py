import asyncio

import pytest

from integrations.mapping import MOST_WORK, TooMuchWork, apply_mapping
from registry.errors import MappingFailed, MappingGivenUp
from registry.shaping.mapping import MOST_WORK_IN_THE_LOOP, map_answer


def test_it_allows_the_same_work_beside_the_loop_as_anywhere() -> None:
    """What was done in the loop before a thread began again does not count."""
    expression, answer = " | ".join(["[@][0]"] * 63), [1] * 31_699
    with pytest.raises(TooMuchWork):
        apply_mapping(expression, answer, most_work=MOST_WORK - MOST_WORK_IN_THE_LOOP)
    assert asyncio.run(map_answer(expression, answer)) == answer
    with pytest.raises(MappingGivenUp):
        asyncio.run(map_answer(expression, [*answer, *[1] * 100]))


def test_it_says_what_does_not_fit_without_repeating_what_the_service_said() -> None:
    with pytest.raises(MappingFailed) as refused:
        asyncio.run(map_answer("abs(pin)", {"pin": "998877"}))
    told = "The tool's response mapping does not fit its service's answer: `abs` was given string, and takes number."
    assert refused.value.message == told
