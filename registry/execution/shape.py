"""Step 10: the answer against the version's output schema."""

from uuid import UUID

from cachetools import LRUCache

from registry.errors import InvalidOutput
from registry.execution.types import Answer, Target
from registry.schemas import validators

_MOST_FAULTS = 20

_validators: LRUCache[UUID, validators.CompiledSchema] = LRUCache(maxsize=5_000)


def shape(answer: Answer, target: Target) -> Answer:
    """The answer as the caller gets it. Raises InvalidOutput when it does not fit the output schema."""
    if not target.output_schema:
        return answer
    validator = _validators.get(target.version_id)
    if validator is None:
        validator = _validators[target.version_id] = validators.compile_schema(target.output_schema)
    if not validator.is_valid(answer.output):
        raise InvalidOutput(faults=validators.faults(validator, answer.output, most=_MOST_FAULTS))
    return answer
