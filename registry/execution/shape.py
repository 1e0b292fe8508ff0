"""Step 10: the answer through the version's response mapping, and against its output schema."""

from dataclasses import replace
from functools import partial
from uuid import UUID

from cachetools import LRUCache

from integrations.redaction import as_masked
from registry.errors import InvalidOutput, MappingFailed
from registry.execution.types import Answer, Target
from registry.schemas import validators
from registry.shaping.large import by_size
from registry.shaping.mapping import map_answer

_MOST_FAULTS = 20

_validators: LRUCache[UUID, validators.CompiledSchema] = LRUCache(maxsize=5_000)


async def shape(answer: Answer, target: Target) -> Answer:
    """The mapped answer. Raises MappingFailed, and InvalidOutput when it does not fit the output schema."""
    if target.response_mapping:
        answer = await _mapped(answer, target.response_mapping)
    if target.output_schema:
        await by_size(answer.output, partial(_check, answer, target))
    return answer


async def _mapped(answer: Answer, mapping: str) -> Answer:
    output = await map_answer(mapping, answer.output)
    if answer.masked is None:
        return replace(answer, output=output)
    try:
        masked = await map_answer(mapping, answer.masked)
    except MappingFailed:
        masked = None
    return replace(answer, output=output, masked=as_masked(output, masked))


def _check(answer: Answer, target: Target) -> None:
    validator = _validators.get(target.version_id)
    if validator is None:
        validator = _validators[target.version_id] = validators.compile_schema(target.output_schema or {})
    if not validator.is_valid(answer.output):
        raise InvalidOutput(faults=validators.faults(validator, answer.output, most=_MOST_FAULTS))
