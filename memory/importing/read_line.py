"""What one line of an import says: the facts of a memory, or why it is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.api.parsing import read_json
from accounts.errors import Fault, Malformed
from memory.importing.lines import Line
from memory.limits import LONGEST_IMPORT_LINE_BYTES

FROM_EXPORT = frozenset({"id", "version", "embedding", "redacted", "created_by", "created_at", "updated_at"})
"""What an export says of a memory besides, and an import makes anew: it is not taken."""
DELETED = ("deleted_at", "deleted_by")


@dataclass(frozen=True)
class Refused:
    """A line that became nothing."""

    line: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Asked:
    """A line that asks for a memory."""

    line: int
    facts: dict[str, Any]
    model: str | None
    """Of the vector, where it has one."""


def read_line(line: Line, *, defaults: Mapping[str, Any]) -> Asked | Refused | None:
    """None: there is nothing in it."""
    if line.text is None:
        most = f"{LONGEST_IMPORT_LINE_BYTES:,}"
        return _refused(line, "$", f"This line is longer than {most} bytes. Make several memories of it.")
    if not line.text.strip():
        return None
    try:
        said = read_json(line.text)
    except Malformed as error:
        return _refused(line, "$", error.message.replace("The body", "This line"))
    if not isinstance(said, dict):
        return _refused(line, "$", 'This line is no JSON object. A memory is written as `{"content": "…"}`.')
    if any(said.get(name) for name in DELETED):
        return _refused(line, "$.deleted_at", "This memory had been deleted. To have it again, leave this field out.")
    facts = {**defaults, **{name: value for name, value in said.items() if name not in {*FROM_EXPORT, *DELETED}}}
    model = facts.pop("model", None)
    if facts.get("vector") is None:
        facts.pop("vector", None)
        return Asked(line.number, facts, None)
    if not isinstance(model, str):
        return _refused(line, "$.model", "Name the model that made the vector.")
    return Asked(line.number, facts, model)


def _refused(line: Line, path: str, sentence: str) -> Refused:
    return Refused(line.number, (Fault(path, sentence),))
