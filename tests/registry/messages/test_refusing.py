"""A message that cannot be answered is refused with no more than a model's maker would read."""

import pytest

from accounts.errors import Fault, Invalid
from registry.messages.anthropic import read_message
from registry.messages.openai import read_answer
from registry.messages.refusing import MOST_FAULTS, refuse_repeated


def test_it_tells_the_first_of_very_many_faults() -> None:
    for read, message in (
        (read_message, {"role": "assistant", "content": [1] * 1_000}),
        (read_answer, {"role": "assistant", "tool_calls": [1] * 1_000}),
        (read_answer, {"output": [1] * 1_000}),
    ):
        with pytest.raises(Invalid) as told:
            read(message)
        assert len(told.value.faults) == MOST_FAULTS


def test_it_names_each_id_that_two_calls_have_once() -> None:
    with pytest.raises(Invalid) as told:
        refuse_repeated(["b", "a", "b", "c", "a", "a"], "$.content")
    assert told.value.faults == (
        Fault("$.content", "Two calls have the id `b`. Each has its own."),
        Fault("$.content", "Two calls have the id `a`. Each has its own."),
    )


def test_it_compares_no_id_with_all_others() -> None:
    refuse_repeated([str(number) for number in range(500_000)], "$.content")
