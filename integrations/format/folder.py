"""A connector as a folder: `connector.yaml` and `actions.yaml`."""

from pathlib import Path

from accounts.errors import Fault
from integrations.documents import BadDocument, read_document
from integrations.errors import BadConnector
from integrations.format.read import read_connector
from integrations.format.types import Connector

LARGEST_BYTES = 2_000_000
"""Of one file."""


def read_folder(folder: Path, *, source: str = "shipped") -> Connector:
    """The connector of that name. Raises BadConnector."""
    return read_connector(folder.name, _read(folder, "connector"), _read(folder, "actions"), source=source)


def _read(folder: Path, document: str) -> object:
    file = folder / f"{document}.yaml"
    try:
        return read_document(file.read_bytes(), largest_bytes=LARGEST_BYTES)
    except OSError as error:
        complaint = f"{file.name} cannot be read: {error.strerror}."
    except BadDocument as error:
        complaint = f"{file.name}: {error}"
    raise BadConnector(faults=[Fault(f"$.{document}", complaint)])
