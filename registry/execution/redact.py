"""Step 11: the forms that may be stored, pushed and shown: secrets masked in input, output and error."""

from typing import Any

from accounts.api.problems import problem
from integrations.redaction import redact
from registry.execution.types import Ending, StoredForms, ToolCall


def stored_forms(call: ToolCall, ending: Ending) -> StoredForms:
    return StoredForms(
        input=redact(call.input).value,
        output=redact(ending.answer.output).value if ending.answer is not None else None,
        error=_error(ending),
    )


def _error(ending: Ending) -> dict[str, Any] | None:
    if ending.error is None:
        return None
    document: dict[str, Any] = redact(problem(ending.error)).value
    return document
