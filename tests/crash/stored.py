"""What stands in PostgreSQL when everything is over. Read as the superuser: this process does without Django."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.embedded import postgres
from tests.crash.hooks import SOURCE, TOLD
from tests.running import wait_for

PATIENCE_SECONDS = 180
"""A lease, a sweep, and that up to three times; or what is left of a schedule."""

_EVENTS = """
    SELECT event.id::text, external_id, status
    FROM webhooks_webhookevent AS event JOIN webhooks_webhooksource AS source ON source.id = source_id
    WHERE source.slug = %s
"""
_RUNS = """
    SELECT event_id::text, route.tool, status, code
    FROM webhooks_webhookrun JOIN webhooks_webhookroute AS route ON route.id = route_id
"""
_DELIVERIES = "SELECT 'msg_' || id, sequence, status FROM webhooks_webhookdelivery"
_TOLD = "SELECT sequence FROM accounts_auditentry WHERE action LIKE %s AND sequence > %s"

UNENDED = {
    "no execution stays pending or running": (
        "SELECT count(*) FROM registry_execution WHERE status IN ('pending', 'running')"
    ),
    "no event waits for its routing": "SELECT count(*) FROM webhooks_webhookevent WHERE routing IN ('waiting', 'held')",
    "no run waits or is under way": "SELECT count(*) FROM webhooks_webhookrun WHERE status IN ('waiting', 'running')",
    "no delivery waits or is under way": (
        "SELECT (SELECT count(*) FROM accounts_auditentry WHERE sequence IS NULL)"
        " + (SELECT count(*) FROM webhooks_webhooksubscription AS late JOIN accounts_audithead AS head"
        "    USING (tenant_id) WHERE late.position < head.sequence)"
        " + (SELECT count(*) FROM webhooks_webhookdelivery WHERE status IN ('waiting', 'running'))"
    ),
}
"""How many there are of what must not be there at the end."""


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    """As its platform has it."""
    status: str


@dataclass(frozen=True)
class Run:
    event_id: str
    tool: str
    status: str
    code: str


@dataclass(frozen=True)
class Delivery:
    message: str
    sequence: int
    status: str


def executions(data_dir: Path) -> dict[str, str]:
    """The status of each, by its id."""
    return dict(_rows(data_dir, "SELECT id::text, status FROM registry_execution"))


def events(data_dir: Path) -> list[Event]:
    return [Event(*row) for row in _rows(data_dir, _EVENTS, SOURCE)]


def runs(data_dir: Path) -> list[Run]:
    return [Run(*row) for row in _rows(data_dir, _RUNS)]


def deliveries(data_dir: Path) -> list[Delivery]:
    return [Delivery(*row) for row in _rows(data_dir, _DELIVERIES)]


def told_after(data_dir: Path, sequence: int) -> set[int]:
    """The sequences of what the subscription has to be told."""
    return {row[0] for row in _rows(data_dir, _TOLD, TOLD, sequence)}


def sealed_until(data_dir: Path) -> int:
    (found,) = _rows(data_dir, "SELECT max(sequence) FROM accounts_auditentry")
    return int(found[0] or 0)


def all_has_ended(data_dir: Path) -> bool:
    """False also while PostgreSQL is on its way back."""
    try:
        return all(_is_none(data_dir, counting) for counting in UNENDED.values())
    except psycopg.OperationalError:
        return False


def none_is_left(data_dir: Path, counting: str) -> bool:
    """In the end: it is waited for."""
    try:
        wait_for(lambda: _is_none(data_dir, counting), seconds=PATIENCE_SECONDS)
    except AssertionError:
        return False
    return True


def _is_none(data_dir: Path, counting: str) -> bool:
    return _rows(data_dir, counting) == [(0,)]


def _rows(data_dir: Path, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with postgres.connect(data_dir) as database:
        return database.execute(statement, values).fetchall()
