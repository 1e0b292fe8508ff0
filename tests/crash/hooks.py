"""What is made for the webhooks of the fault matrix: a source with two routes, and a subscription."""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.embedded import postgres
from tests.crash.effects import SAFE, UNSAFE
from tests.crash.receiver import Receiver
from tests.crash.senders import Posted, Sender
from tests.running import Up

SOURCE = "crash"
SUBSCRIPTION = "crash"
TOLD = "execution.%"
"""The events that the subscription is told of, as SQL has it."""
# A run may meet several kills in a row.
SCHEDULE = [0, 1, 1, 2, 2, 5, 5, 5, 10, 10]
AT_ONCE = 20


def let_agents_make_sources(data_dir: Path) -> None:
    """The agent that `up` makes may not."""
    with postgres.connect(data_dir) as database:
        database.execute("UPDATE accounts_agent SET role = 'admin'")


def make_source(up: Up, key: str, posted: Posted) -> Sender:
    """A source from which each event goes to both tools. Returns who posts to it."""
    secret = secrets.token_hex(16)
    source = _make(up, key, "webhook-sources", {"slug": SOURCE, "scheme": "github", "secret": secret})
    for tool in (SAFE, UNSAFE):
        _make(up, key, "webhook-routes", _route(tool))
    return Sender(up.port, urlsplit(source["url"]).path, secret, posted)


def subscribe(up: Up, key: str, receiver: Receiver) -> None:
    wanted = {
        "slug": SUBSCRIPTION,
        "url": receiver.url,
        "event_types": [TOLD.replace("%", "*")],
        "schedule": SCHEDULE,
        "concurrency": AT_ONCE,
    }
    _make(up, key, "webhook-subscriptions", wanted)


def call_of(tool: str, event: str) -> str:
    """The name of the call that an event's run makes."""
    return f"{tool}-{event}"


def _route(tool: str) -> dict[str, Any]:
    return {
        "slug": tool,
        "source": SOURCE,
        "tool": tool,
        "input": {
            "call": call_of(tool, "{{ body.name }}"),
            "delay_ms": "{{ body.delay_ms }}",
            "first_answer": f'{{{{ body.first_answers."{tool}" }}}}',
        },
        "schedule": SCHEDULE,
        "concurrency": AT_ONCE,
    }


def _make(up: Up, key: str, noun: str, wanted: dict[str, Any]) -> Any:
    made = up.ask("POST", f"/api/v1/{noun}/", wanted, key=key)
    assert made.status == 201, made.body
    return made.body
