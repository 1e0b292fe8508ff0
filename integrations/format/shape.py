"""Whether a document has the shape of the format: which fields there are, and of what kind. JSON Schema says so.

The schemas beside this file are the format's reference, and what an editor can complete and check by. What they cannot
say is in `check.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from accounts.errors import Fault
from integrations.schema_faults import schema_faults, schema_in

CONNECTOR = "connector"
ACTIONS = "actions"

_HERE = Path(__file__).parent


def schema_of(document: str) -> dict[str, Any]:
    """The JSON Schema of `connector` or `actions`."""
    return schema_in(_file(document))


def shape_faults(document: str, value: Any, root: str) -> Iterator[Fault]:
    """What in it is not of the format, each with its place under `root`."""
    return schema_faults(_file(document), value, root)


def _file(document: str) -> Path:
    return _HERE / f"{document}.schema.json"
