import pytest

from registry.errors import InvalidOutput
from registry.execution.shape import shape
from registry.execution.types import Answer
from tests.registry.execution.calls import a_target

SCHEMA = {"type": "object", "properties": {"found": {"type": "boolean"}}, "required": ["found"]}


def test_it_passes_on_what_has_no_schema() -> None:
    answer = Answer(["anything"])
    assert shape(answer, a_target()) is answer


def test_it_passes_on_what_fits() -> None:
    answer = Answer({"found": True})
    assert shape(answer, a_target(output_schema=SCHEMA)) is answer


def test_it_names_what_does_not_fit() -> None:
    with pytest.raises(InvalidOutput) as refused:
        shape(Answer({"found": "yes"}), a_target(output_schema=SCHEMA))
    assert [(fault.path, fault.message) for fault in refused.value.faults] == [
        ("$.found", '"yes" is not of type "boolean"')
    ]


def test_it_compiles_a_version_once() -> None:
    target = a_target(output_schema=SCHEMA)
    for _ in range(2):
        shape(Answer({"found": True}), target)
