"""The form of a call's input that may be stored: `open` writes it first, `redact` at the end."""

from typing import Any

from integrations.redaction import KnownSecrets, redact
from registry.execution.types import ToolCall
from registry.redaction import ToolRedaction


def stored_input(call: ToolCall, redaction: ToolRedaction, known: KnownSecrets | None = None) -> Any:
    value = call.input if call.masked is None else call.masked
    return redact(value, secrets=known or (), rules=redaction.stored, declared=redaction.input).value
