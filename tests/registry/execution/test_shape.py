import asyncio
from typing import Any

import pytest

from registry.errors import InvalidOutput, MappingFailed
from registry.execution.shape import shape
from registry.execution.types import Answer, Target
from registry.shaping.large import LARGE
from tests.registry.execution.calls import a_target

SCHEMA = {"type": "object", "properties": {"found": {"type": "boolean"}}, "required": ["found"]}


def shaped(output: Any, target: Target) -> Answer:
    return asyncio.run(shape(Answer(output), target))


def test_it_passes_on_what_has_no_schema() -> None:
    answer = Answer(["anything"])
    assert asyncio.run(shape(answer, a_target())) is answer


def test_it_passes_on_what_fits() -> None:
    answer = Answer({"found": True})
    assert asyncio.run(shape(answer, a_target(output_schema=SCHEMA))) is answer


def test_it_names_what_does_not_fit() -> None:
    with pytest.raises(InvalidOutput) as refused:
        shaped({"found": "yes"}, a_target(output_schema=SCHEMA))
    assert [(fault.path, fault.message) for fault in refused.value.faults] == [
        ("$.found", 'The value is not of type "boolean"')
    ]


def test_it_compiles_a_version_once() -> None:
    target = a_target(output_schema=SCHEMA)
    for _ in range(2):
        shaped({"found": True}, target)


def test_it_maps_before_it_checks() -> None:
    target = a_target(output_schema=SCHEMA, response_mapping="{found: length(items) > `0`}")
    assert shaped({"items": [1], "debug": "noise"}, target).output == {"found": True}


def test_it_takes_null_for_what_the_mapping_does_not_find() -> None:
    assert shaped({"items": []}, a_target(response_mapping="missing.name")).output is None
    with pytest.raises(InvalidOutput, match="output schema"):
        shaped({"items": []}, a_target(response_mapping="missing", output_schema=SCHEMA))


def test_it_says_when_the_mapping_does_not_fit_the_answer() -> None:
    with pytest.raises(MappingFailed, match="does not fit its service's answer"):
        shaped({"items": 7}, a_target(response_mapping="length(items)"))


def test_it_shapes_a_large_answer_while_others_go_on() -> None:
    """In a thread: what the loop was asked meanwhile is done first."""
    large = {"items": ["x" * 100] * (LARGE // 100)}
    answer, seen = beside_others(large, a_target(response_mapping="length(items)"))
    assert (answer.output, seen[0]) == (LARGE // 100, "others")


def test_it_shapes_a_small_answer_with_much_work_while_others_go_on() -> None:
    answer, seen = beside_others([1] * 4_000, a_target(response_mapping="map(&[@, @], @) | length(@)"))
    assert (answer.output, seen[0]) == (4_000, "others")


def test_it_shapes_a_small_answer_with_little_work_at_once() -> None:
    answer, seen = beside_others([1] * 40, a_target(response_mapping="map(&[@, @], @) | length(@)"))
    assert (answer.output, seen) == (40, ["shaped", "others"])


def beside_others(output: Any, target: Target) -> tuple[Answer, list[str]]:
    """The shaped answer, and what was done in which order."""
    seen: list[str] = []

    async def shaping() -> Answer:
        answer = await shape(Answer(output), target)
        seen.append("shaped")
        return answer

    async def both() -> Answer:
        waiting = asyncio.ensure_future(shaping())
        await asyncio.sleep(0)
        seen.append("others")
        return await waiting

    return asyncio.run(both()), seen
