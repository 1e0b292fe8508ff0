"""Expressions of a version, applied where they hold nobody up: beside the event loop when it is much work."""

import asyncio
from collections.abc import Mapping
from typing import Any

from accounts.errors import Fault, Invalid
from integrations.mapping import MOST_WORK, TooMuchWork, Unmappable, apply_mapping
from registry.errors import MappingFailed, MappingGivenUp
from registry.shaping.large import LARGE
from registry.shaping.weight import weigh

MOST_WORK_IN_THE_LOOP = 10_000
"""Some milliseconds, while which nobody else's call goes on."""


async def map_answer(expression: str, answer: Any, *, leave_nulls_out: bool = False) -> Any:
    """What the expression makes of the answer. Raises MappingFailed, and MappingGivenUp when it is too much work.

    What turns out to be more than a little work is begun again in a thread.
    """
    if weigh(answer, LARGE) <= LARGE:
        try:
            return _mapped(expression, answer, MOST_WORK_IN_THE_LOOP, leave_nulls_out)
        except MappingGivenUp:
            pass
    return await asyncio.to_thread(_mapped, expression, answer, MOST_WORK, leave_nulls_out)


def map_input(expression: str, values: Mapping[str, Any], *, most_work: int) -> Any:
    """What the expression makes of an input, leaving out what comes to null.

    Raises Invalid, and TooMuchWork above `most_work` short of MOST_WORK.
    """
    try:
        return apply_mapping(expression, values, most_work=most_work, leave_nulls_out=True)
    except TooMuchWork:
        if most_work < MOST_WORK:
            raise
        raise _unsendable("it is too much work. Send less.") from None
    except Unmappable as error:
        raise _unsendable(str(error)) from error


def _unsendable(why: str) -> Invalid:
    return Invalid("The input cannot be sent as it is. See `errors`.", faults=[Fault("$", f"For this tool, {why}")])


def _mapped(expression: str, answer: Any, most_work: int, leave_nulls_out: bool) -> Any:
    try:
        return apply_mapping(expression, answer, most_work=most_work, leave_nulls_out=leave_nulls_out)
    except TooMuchWork as error:
        raise MappingGivenUp from error
    except Unmappable as error:
        raise MappingFailed(f"The tool's response mapping does not fit its service's answer: {error}") from error
