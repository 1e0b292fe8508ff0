"""The published examples that connectors are held to: a list in `fixtures.yaml`, or lists in `fixtures/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.documents import read_document
from integrations.errors import BadConnector
from integrations.format.folder import read_folder
from integrations.format.types import Connector

FOLDERS = Path(__file__).parents[3] / "integrations" / "connectors"
FIELDS = {"action", "check", "token", "source", "auth", "variables", "input", "exchange", "output", "error"}


@dataclass(frozen=True)
class Exchange:
    """One request that must go out, and what comes back to it."""

    request: Mapping[str, Any]
    response: Mapping[str, Any]


@dataclass(frozen=True)
class Fixture:
    connector: str
    about: str
    """The action's slug, or `check` or `token`."""
    number: int
    """Counts those of the connector, from 1."""
    source: str
    """Where the vendor published the example."""
    exchanges: tuple[Exchange, ...]
    auth: str = ""
    """The way to prove who calls; empty: the first one that the request shows."""
    variables: Mapping[str, str] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None
    error: Mapping[str, str] | None = None
    """Code, and a part of the message."""

    def __str__(self) -> str:
        return f"{self.connector}-{self.about}-{self.number}"


def folders() -> list[Path]:
    return sorted(file.parent for file in FOLDERS.glob("*/connector.yaml"))


def faults_of(folder: Path) -> list[str]:
    try:
        read_folder(folder)
    except BadConnector as error:
        return [f"{fault.path}: {fault.message}" for fault in error.faults]
    return []


def connectors() -> list[Connector]:
    """Those that can be read; of another it is enough that one test says what is wrong."""
    return [read_folder(folder) for folder in folders() if not faults_of(folder)]


def fixtures_of(folder: Path) -> list[Fixture]:
    files = [
        *folder.glob("fixtures.yaml"),
        *sorted(folder.glob("fixtures/*.yaml")),
        *sorted(folder.glob("fixtures/*.json")),
    ]
    written = [each for file in files for each in read_document(file.read_bytes())]
    return [_read(folder.name, number, each) for number, each in enumerate(written, start=1)]


def _read(connector: str, number: int, written: Mapping[str, Any]) -> Fixture:
    unknown = written.keys() - FIELDS
    assert not unknown, f"{connector}, fixture {number}: unknown fields {sorted(unknown)}"
    return Fixture(
        connector=connector,
        about=written.get("action") or ("check" if written.get("check") else "token"),
        number=number,
        source=written.get("source", ""),
        exchanges=tuple(Exchange(each["request"], each["response"]) for each in written.get("exchange", ())),
        auth=written.get("auth", ""),
        variables=written.get("variables", {}),
        input=written.get("input", {}),
        output=written.get("output"),
        error=written.get("error"),
    )
