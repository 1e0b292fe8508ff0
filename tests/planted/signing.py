"""Signing in at the service with the app that acme registered there, whose secret is planted, too."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations.connections.change import change_connection
from integrations.connections.disconnect import disconnect
from integrations.connections.oauth.app import register_app
from integrations.connections.oauth.callback import Returned, finish
from integrations.connections.oauth.start import Started, begin
from integrations.errors import CredentialRefused
from tests.catalogue import manager_of
from tests.integrations.connections.signing_in import CALLBACK, caller
from tests.planted.connecting import refused, refusing
from tests.planted.day import Day
from tests.planted.echoes import ENCODINGS
from tests.planted.plants import ISSUED, NO_FORMAT

CODE = ISSUED["code"]
MOST_REFUSALS = 5
"""Of one secret; the next one's come in other encodings."""


def signing_in(day: Day) -> None:
    """Sent back with an error that repeats what the service knows; refused for the code; and let in."""
    for name, secret in NO_FORMAT.items():
        app = {"client_id": "acme-app", "client_secret": secret}
        register_app(tenant_id=day.acme.id, by=manager_of(day.acme), connector=day.connector, **app)
        for encode in ENCODINGS.values():
            words = f"No to {encode(secret)} and {encode(CODE)}"
            _sent_back(day, _begun(day, name), error="server_error", error_description=words, code=CODE)
        for _ in range(MOST_REFUSALS):
            started = _begun(day, name)
            with refusing(day, "400"):
                _sent_back(day, started, code=CODE)
        _called(day, _begun(day, name))


def _begun(day: Day, name: str) -> Started:
    facts: dict[str, Any] = {"auth": "oauth", "redirect_uri": CALLBACK, "name": name}
    started = begin(tenant_id=day.acme.id, by=caller(day.alice), connector=day.connector, **facts)
    day.secrets |= {f"state {started.state[:4]}": started.state, f"cookie {started.browser[:4]}": started.browser}
    assert parse_qs(urlsplit(started.url).query)["client_id"] == ["acme-app"]
    return started


def _sent_back(day: Day, started: Started, **query: str) -> None:
    returned = Returned(state=started.state, **query)
    refused(
        day, lambda: finish(returned=returned, browser=started.browser, by=caller(day.alice)), kind=CredentialRefused
    )


def _called(day: Day, started: Started) -> None:
    """With the tenant's own connection; then it is ended, and the service refuses to revoke its token."""
    flow = finish(returned=Returned(state=started.state, code=CODE), browser=started.browser, by=caller(day.alice))
    assert flow.connection.state == "active"
    facts: dict[str, Any] = {"tenant_id": day.acme.id, "by": manager_of(day.acme), "connection_id": flow.connection_id}
    change_connection(**facts, changes={"is_default": True})
    order = {"tool": "echo-echo", "input": {"account": 7, "status": "200", "dress": "json"}}
    assert day.post("executions/", order)["status"] == "succeeded"
    with refusing(day):
        disconnect(**facts)


HAPPENS: dict[str, Any] = {"signing in": signing_in}
