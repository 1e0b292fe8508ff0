from pathlib import Path

import pytest

from accounts.errors import Fault
from integrations.errors import BadConnector
from integrations.format.folder import LARGEST_BYTES, read_folder
from tests.integrations.format.folders import WriteFolder


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(BadConnector) as refused:
        read_folder(folder)
    return refused.value.faults


def test_it_reads_a_folder_under_its_own_name(write_folder: WriteFolder) -> None:
    read = read_folder(write_folder("parcels"), source="operator")
    assert (read.slug, read.name, read.source) == ("parcels", "Parcels", "operator")
    assert [action.slug for action in read.actions] == ["send"]


def test_it_says_which_file_is_not_there(write_folder: WriteFolder) -> None:
    folder = write_folder("parcels")
    (folder / "actions.yaml").unlink()
    assert faults_of(folder) == (Fault("$.actions", "actions.yaml cannot be read: No such file or directory."),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "connector.yaml: The document is neither YAML nor JSON, from line 2"),
        (b"a: &a [*a]", "connector.yaml: The document holds an alias"),
        (b"PK\x03\x04", "connector.yaml: This is a zip archive."),
        (b"<xml/>", "connector.yaml: This is XML or HTML."),
        (b"a: !!python/object/apply:os.system [id]", "connector.yaml: The document is neither YAML nor JSON"),
        (b"#" * (LARGEST_BYTES + 1), "connector.yaml: The document is larger than 2,000,000 bytes."),
    ],
    ids=["broken", "endless", "zip", "xml", "tag", "large"],
)
def test_it_refuses_what_is_no_document(write_folder: WriteFolder, content: bytes, said: str) -> None:
    folder = write_folder("parcels")
    (folder / "connector.yaml").write_bytes(content)
    (fault,) = faults_of(folder)
    assert fault.path == "$.connector"
    assert fault.message.startswith(said)
