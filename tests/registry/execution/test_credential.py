"""What a call goes out with, and where its secrets do not go; through the whole corridor."""

import asyncio
import json
from typing import Any

import pytest

from accounts.authenticate import authenticate
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from integrations.connections.grant import CallGrant
from integrations.models import Connection
from integrations.models.connection import ConnectionState
from registry.execution.credential import Credential
from registry.execution.passage import Passage
from registry.execution.types import Mode
from registry.models.execution import Status
from tests.catalogue import Register
from tests.connections import SECRET, Connect
from tests.corridor import Corridor
from tests.registry.execution.calls import a_call
from tests.registry.execution.rows import stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

DEFINITION = {"connector": "parcels", "method": "GET", "url": "/contacts", "error_message": "why"}
TOKENS = [f"qt-token-{number}-d41d8cd98f00b204" for number in range(3)]
REFUSED = Scripted(401, b'{"why": "The token has ended."}')


def token(number: int) -> Scripted:
    return Scripted(body=json.dumps({"token": TOKENS[number]}).encode())


def sent(upstream: Upstream) -> list[str]:
    """The path of each request, and the credential that it had."""
    return [f"{each.path} {each.headers.get('Authorization', '-')}" for each in upstream.received]


def state_of(tenant: Tenant, connection: Connection) -> tuple[str, str]:
    with within(tenant.id):
        found = Connection.objects.get(id=connection.id)
        return found.state, found.reason


@pytest.fixture
def logged_in(connect_parcels: Connect) -> Connection:
    """A connection whose tokens come from a call."""
    return connect_parcels(slug="logged-in", auth="login", values={"username": "ada", "password": SECRET})


def test_it_gets_a_token_for_the_first_call(
    corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream
) -> None:
    register(definition=DEFINITION, read_only=True)
    upstream.will(token(0), Scripted())
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert sent(upstream) == ["/api/login -", f"/api/contacts Bearer {TOKENS[0]}"]


def test_it_gets_another_token_where_the_service_refuses_the_first(
    acme: Tenant, corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream
) -> None:
    register(definition={**DEFINITION, "method": "POST"})
    upstream.will(token(0), REFUSED, token(1), Scripted())
    outcome = corridor.call("crm-find", {"account": 7})
    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 2)
    assert sent(upstream)[1::2] == [f"/api/contacts Bearer {TOKENS[0]}", f"/api/contacts Bearer {TOKENS[1]}"]
    assert [(each["number"], each["code"]) for each in outcome.attempt_log] == [(1, "upstream_error"), (2, None)]
    assert state_of(acme, logged_in)[0] == ConnectionState.ACTIVE


def test_a_connection_has_expired_when_the_new_token_is_refused_too(
    acme: Tenant, corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream
) -> None:
    register(definition=DEFINITION, read_only=True)
    upstream.will(token(0), REFUSED, token(1), REFUSED)
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.status, outcome.attempts, len(upstream.received)) == (Status.FAILED, 2, 4)
    assert outcome.error["detail"] == "The tool's service answered with HTTP 401: The token has ended."
    state, reason = state_of(acme, logged_in)
    assert (state, "The token has ended." in reason) == (ConnectionState.EXPIRED, True)
    again = corridor.call("crm-find", {"account": 7})
    assert again.error is not None
    assert (again.status, again.error["code"], len(upstream.received)) == (Status.REFUSED, "connection_expired", 4)


def test_it_asks_for_no_other_where_there_is_none(
    acme: Tenant, corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connection = connect_parcels()
    register(definition=DEFINITION, read_only=True)
    upstream.will(REFUSED)
    assert corridor.call("crm-find", {"account": 7}).attempts == 1
    assert (len(upstream.received), state_of(acme, connection)[0]) == (1, ConnectionState.ACTIVE)


def test_it_makes_no_attempt_without_a_token(
    corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream
) -> None:
    register(definition=DEFINITION, read_only=True)
    upstream.will(Scripted(503))
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.status, outcome.attempts, outcome.error["code"]) == (Status.REFUSED, 0, "upstream_error")
    assert sent(upstream) == ["/api/login -"]


def test_without_another_token_it_says_what_had_been_done(
    corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream
) -> None:
    steps = [{"id": "place", "url": "/places"}, {"id": "done", "url": "/done"}]
    register(definition={"connector": "parcels", "steps": steps})
    upstream.will(token(0), Scripted(), REFUSED, Scripted(400, b'{"why": "no"}'))
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.status, outcome.attempts, outcome.error["done"]) == (Status.FAILED, 1, ["place"])
    assert outcome.error["detail"].startswith("The call failed, after `place` had been done: ")
    assert [each.path for each in upstream.received] == ["/api/login", "/api/places", "/api/done", "/api/login"]


def test_the_audit_names_connection_and_credential(
    acme: Tenant, corridor: Corridor, register: Register, connect_parcels: Connect
) -> None:
    connection = connect_parcels()
    register(definition=DEFINITION, read_only=True)
    outcome = corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        [detail] = AuditEntry.objects.filter(subject=f"execution:{outcome.id}").values_list("detail", flat=True)
        [credential] = connection.credentials.all()
    assert (detail["connection"], detail["credential"]) == (str(connection.id), str(credential.id))
    assert stored(acme, outcome).connection_id == connection.id


@pytest.mark.parametrize("status", [200, 422])
def test_what_the_service_echoes_of_the_secret_is_masked(
    status: int, acme: Tenant, corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels()
    register(definition={**DEFINITION, "error_message": "seen"})
    upstream.will(Scripted(status, json.dumps({"seen": f"Bearer {SECRET} it was"}).encode()))
    outcome = corridor.call("crm-find", {"account": 7})
    row = stored(acme, outcome)
    assert "it was" in json.dumps([outcome.output, outcome.error])
    assert SECRET not in json.dumps([outcome.output, outcome.error, row.output, row.error, row.input])


def test_what_a_stream_echoes_of_the_secret_is_masked(
    acme: Tenant, corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels()
    register(definition=DEFINITION, read_only=True)
    upstream.will(Scripted(body=f"data: {SECRET}\n\n".encode(), headers={"Content-Type": "text/event-stream"}))
    outcome = corridor.call("crm-find", {"account": 7}, mode=Mode.STREAM)
    assert outcome.status == Status.SUCCEEDED
    assert SECRET not in json.dumps([outcome.output, stored(acme, outcome).output])


@pytest.mark.parametrize("port_of", ["other", "same"])
def test_the_credential_goes_to_its_own_origin_only(
    port_of: str, corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream, settings: Any
) -> None:
    connect_parcels()
    other = Upstream()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{each.port}" for each in (upstream, other)]
    place = other if port_of == "other" else upstream
    register(definition={**DEFINITION, "url": f"{place.url}/elsewhere"})
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    other.close()
    assert sent(place) == ["/elsewhere -" if port_of == "other" else f"/elsewhere Bearer {SECRET}"]


def test_the_credential_does_not_follow_a_redirect_to_another_origin(
    corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream, settings: Any
) -> None:
    connect_parcels()
    other = Upstream()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{each.port}" for each in (upstream, other)]
    register(definition=DEFINITION)
    upstream.will(Scripted(302, b"", {"Location": f"{other.url}/elsewhere"}))
    corridor.call("crm-find", {"account": 7})
    other.close()
    assert sent(other) == ["/elsewhere -"]


def test_a_refusal_from_elsewhere_says_nothing_of_the_credential(
    acme: Tenant, corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream, settings: Any
) -> None:
    other = Upstream()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{each.port}" for each in (upstream, other)]
    register(definition={**DEFINITION, "url": f"{other.url}/elsewhere"})
    upstream.will(token(0))
    other.will(REFUSED)
    assert corridor.call("crm-find", {"account": 7}).attempts == 1
    other.close()
    assert state_of(acme, logged_in)[0] == ConnectionState.ACTIVE


def test_what_is_kept_of_one_connection_is_not_for_another(
    corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels(slug="tenants", is_default=True)
    connect_parcels(slug="adas", end_user="ada")
    register(definition=DEFINITION, read_only=True, cache_seconds=60)
    cached = [corridor.call("crm-find", {"account": 7}, end_user=user).cached for user in ("", "ada", "", "ada")]
    assert (cached, len(upstream.received)) == ([False, False, True, True], 2)


def test_a_circuit_is_a_connections_own(
    corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels(slug="tenants", is_default=True)
    connect_parcels(slug="adas", end_user="ada")
    register(definition=DEFINITION, read_only=True, breaker={"minimum_calls": 1})
    upstream.will(Scripted(503), Scripted())
    codes = [corridor.call("crm-find", {"account": 7}).error for _ in range(2)]
    assert [error["code"] for error in codes if error] == ["upstream_error", "circuit_open"]
    assert corridor.call("crm-find", {"account": 7}, end_user="ada").status == Status.SUCCEEDED


def test_it_waits_for_nobody_once_it_is_known(corridor: Corridor, register: Register, connect_parcels: Connect) -> None:
    """No query, no trip: what would wait hands its coroutine back."""
    connection = connect_parcels()
    register(definition=DEFINITION, read_only=True)
    corridor.call("crm-find", {"account": 7})
    caller = authenticate(f"Bearer {corridor.key}")
    call = a_call(caller=caller)

    async def at_once() -> CallGrant:
        granting = Credential(call, connection.id, Passage(call), asyncio.get_running_loop().time() + 10).grant()
        with pytest.raises(StopIteration) as done:
            granting.send(None)
        grant: CallGrant = done.value.value
        return grant

    assert corridor.loop.run(at_once()).connection_id == connection.id


def test_it_waits_for_a_token_no_longer_than_the_call_may_take(
    corridor: Corridor, register: Register, logged_in: Connection, upstream: Upstream
) -> None:
    register(definition=DEFINITION, read_only=True, timeout_ms=200)
    arrived, leave = upstream.will_wait()
    outcome = corridor.call("crm-find", {"account": 7})
    leave.set()
    assert arrived.is_set()
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"], outcome.attempts) == (Status.REFUSED, "timeout", 0)
