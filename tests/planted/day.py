"""A day of acme's: who there is, what they use, and everything that was told while it went by."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.test import override_settings

from accounts.models import Person, Tenant
from config.log_format import LineFormatter, ObjectFormatter
from integrations.connections.connect import connect
from integrations.format.types import Connector
from integrations.models import Connection
from tests.catalogue import manager_of
from tests.corridor import Corridor
from tests.integrations.egress.upstreams import Behaviour, Upstream
from tests.planted.places import leaves
from tests.planted.plants import Plant


@dataclass
class Shown:
    """What was told while it happened."""

    texts: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, place: str, content: bytes) -> None:
        self.texts.append((place, content))

    def add_error(self, error: BaseException) -> None:
        """What a page or an answer says of it, and what a log would."""
        self.add("answer that refuses", str(error).encode())
        self.add("traceback", "".join(traceback.format_exception(error)).encode())
        logging.getLogger("tests").error("It was refused.", exc_info=error)


class LogOfAll(logging.Handler):
    """Every record at every level, as both formatters write it, and its words as they came."""

    def __init__(self, shown: Shown) -> None:
        super().__init__(logging.DEBUG)
        self.shown = shown

    def emit(self, record: logging.LogRecord) -> None:
        written = [formatter.format(record) for formatter in (LineFormatter("%(message)s"), ObjectFormatter())]
        self.shown.add(f"log of {record.name}", "\n".join([record.getMessage(), *written]).encode())


@contextmanager
def listening_to_logs(shown: Shown) -> Iterator[None]:
    handler, root = LogOfAll(shown), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


@contextmanager
def allowing(*services: Upstream) -> Iterator[None]:
    with override_settings(EGRESS_ALLOW_NETWORKS=[service.allowed for service in services]):
        yield


@dataclass
class Day:
    acme: Tenant
    alice: Person
    corridor: Corridor
    echo: Upstream
    elsewhere: Upstream
    connector: Connector
    shown: Shown
    connections: dict[str, Connection] = field(default_factory=dict)
    """By the end user whose they are."""
    secrets: dict[str, str] = field(default_factory=dict)
    """What was given out while it went by: links, states, cookies."""
    large: list[str] = field(default_factory=list)
    """Executions with an artifact."""

    def connect(self, plant: Plant, *, check: bool = False) -> Connection:
        """The plant's own connection, made when it is needed first."""
        if plant.end_user not in self.connections:
            self.connections[plant.end_user] = connect(
                tenant_id=self.acme.id,
                by=manager_of(self.acme),
                connector=self.connector,
                auth=plant.way,
                values=plant.values,
                end_user=plant.end_user,
                check=check,
            )
        return self.connections[plant.end_user]

    def call(self, plant: Plant, action: str, status: str = "200", dress: str = "json", **more: Any) -> dict[str, Any]:
        """Through the API's door, with the plant's connection."""
        return self.post("executions/", {**self.order(plant, action, status, dress), **more})

    def order(self, plant: Plant, action: str, status: str = "200", dress: str = "json") -> dict[str, Any]:
        self.connect(plant)
        values = {"account": 7, "status": status, "dress": dress}
        return {"tool": f"echo-{action}", "input": values, "end_user": plant.end_user}

    def heard(self, path: str) -> int:
        """How often the service was asked there."""
        return sum(head.split(" ")[1].partition("?")[0] == path for head in self.echo.seen)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.corridor.post(path, body)
        told: dict[str, Any] = answer.json()
        self.shown.add(f"answer of {path}", answer.content + "\n".join(leaves(told)).encode())
        return told

    @contextmanager
    def behaving(self, **behaviours: Behaviour) -> Iterator[None]:
        """The service does otherwise at some of its paths."""
        usual = dict(self.echo.behaviours)
        self.echo.behaviours.update({f"/{path}": behaviour for path, behaviour in behaviours.items()})
        try:
            yield
        finally:
            self.echo.behaviours.update(usual)
