"""What the caller was told, where it is more than may be stored: sealed beside the row, opened for that caller only.

Without it, who polls or repeats a call would get its masked form.
"""

import json
from typing import Any
from uuid import UUID

from integrations.vault import open_sealed, seal
from registry.execution.types import Told
from registry.models import Execution

_PURPOSE = "execution"


def sealed_output(tenant_id: UUID, execution_id: UUID, told: Told | None) -> bytes | None:
    """None where the stored form is all there is. Call it inside the tenant's scope."""
    if told is None or told.stored is told.output:
        return None
    return seal(
        tenant_id=tenant_id,
        purpose=_PURPOSE,
        field=f"{execution_id}:output",
        plaintext=json.dumps(told.output, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
    )


def as_told(execution: Execution, agent_id: UUID | None) -> Execution:
    """The execution with its output as its caller was told it, for that very agent; for others as it is stored."""
    if execution.sealed_output is None or agent_id is None or execution.agent_id != agent_id:
        return execution
    raw = open_sealed(
        tenant_id=execution.tenant_id,
        purpose=_PURPOSE,
        field=f"{execution.id}:output",
        sealed=execution.sealed_output,
    )
    output: Any = json.loads(raw.decode("utf-8", "surrogatepass"))
    execution.masked_output, execution.output = execution.output, output
    return execution
