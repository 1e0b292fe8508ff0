import pytest

from accounts.errors import Invalid
from registry.execution.validate import validate
from tests.registry.execution.calls import a_call, a_target

SCHEMA = {
    "type": "object",
    "properties": {"account": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["account"],
    "additionalProperties": False,
}


def faults_of(values: dict[str, object]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        validate(a_call(values), a_target(input_schema=SCHEMA))
    return {fault.path: fault.message for fault in refused.value.faults}


def test_it_lets_a_fitting_input_pass() -> None:
    validate(a_call({"account": 7, "tags": ["new"]}), a_target(input_schema=SCHEMA))


def test_it_names_each_fault_with_its_path() -> None:
    assert faults_of({"account": "seven", "tags": ["new", 7]}) == {
        "$.account": 'The value is not of type "integer"',
        "$.tags[1]": 'The value is not of type "string"',
    }


def test_it_names_what_is_missing_and_what_is_too_much() -> None:
    with pytest.raises(Invalid) as refused:
        validate(a_call({"acount": 1}), a_target(input_schema=SCHEMA))
    assert {fault.message for fault in refused.value.faults} == {
        '"account" is a required property',
        "Additional properties are not allowed ('acount' was unexpected)",
    }


def test_it_stops_at_fifty_faults() -> None:
    with pytest.raises(Invalid) as refused:
        validate(a_call({"account": 7, "tags": list(range(200))}), a_target(input_schema=SCHEMA))
    assert len(refused.value.faults) == 50


@pytest.mark.parametrize(
    ("operation", "endpoints", "sentence"),
    [
        ("stamp", {}, "The tool's operations: none, leave `operation` out."),
        ("nope", {"stamp": "https://example.com/s"}, "The tool's operations: stamp."),
        ("", {"stamp": "https://example.com/s", "check": "https://example.com/c"}, "Give one of: stamp, check."),
    ],
)
def test_it_refuses_an_operation_that_is_not_offered(operation: str, endpoints: dict[str, str], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        validate(a_call(operation=operation), a_target(endpoints=endpoints, definition={}))
    assert [(fault.path, fault.message) for fault in refused.value.faults] == [("$.operation", sentence)]


def test_it_takes_the_only_operation_when_none_is_named() -> None:
    validate(a_call(), a_target(endpoints={"stamp": "https://example.com/s"}, definition={}))
