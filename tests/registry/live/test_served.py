"""The socket as it is served, with a client that is not ours."""

import json
from typing import Any

import pytest
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts.models import Person, Tenant
from accounts.trail import tend_trail
from tests.catalogue import Register
from tests.web import Web

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 60


def live(web: Web, headers: dict[str, str], query: str = "", origin: str | None = None) -> ClientConnection:
    """The first one waits until the server has started."""
    return connect(
        web.live + query,
        additional_headers=headers,
        origin=origin,  # type: ignore[arg-type]
        proxy=None,
        open_timeout=PATIENCE_SECONDS,
    )


def hear(connection: ClientConnection) -> Any:
    return json.loads(connection.recv(timeout=PATIENCE_SECONDS))


def cookie_of(person: Person) -> dict[str, str]:
    client = Client()
    client.force_login(person)
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def refusal(web: Web, headers: dict[str, str], **more: Any) -> tuple[int, Any]:
    with pytest.raises(InvalidStatus) as refused:
        live(web, headers, **more)
    response = refused.value.response
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.body or b"")["code"]


def test_it_tells_of_an_execution_made_over_the_api(
    web: Web, acme: Tenant, register: Register, scout_headers: dict[str, str]
) -> None:
    register(slug="time", transport="builtin", definition={"function": "clock"}, input_schema={}, read_only=True)
    tend_trail()
    with live(web, scout_headers) as connection:
        assert hear(connection)["executions"] == []
        execution = web.execute("time", {}, scout_headers)
        tend_trail()
        told = hear(connection)
    assert [(line["id"], line["status"]) for line in told["executions"]] == [(execution["id"], "succeeded")]
    with live(web, scout_headers, f"?after={told['after']}") as connection:
        assert hear(connection)["executions"] == told["executions"]


def test_a_session_opens_it_from_our_own_pages(web: Web, vera: Person) -> None:
    with live(web, cookie_of(vera), origin=web.url) as connection:
        assert hear(connection)["type"] == "snapshot"


def test_a_foreign_page_is_told_why_not(web: Web, vera: Person) -> None:
    assert refusal(web, cookie_of(vera), origin="https://evil.example") == (403, "forbidden")
    assert refusal(web, cookie_of(vera)) == (403, "forbidden")


def test_a_stranger_is_told_why_not(web: Web, acme: Tenant) -> None:
    assert refusal(web, {}, origin=web.url) == (401, "unauthenticated")
    assert refusal(web, {"Authorization": "Bearer qm_nothing"}) == (401, "unauthenticated")


def test_there_is_no_other_socket(web: Web, scout_headers: dict[str, str]) -> None:
    elsewhere = web.live.replace("live", "other")
    with pytest.raises(InvalidStatus) as refused:
        connect(elsewhere, additional_headers=scout_headers, proxy=None, open_timeout=PATIENCE_SECONDS)
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    ("said", "code"), [("hello", 4400), (b'{"type": "ping"}', 4400), ("x" * 2000, 4413), ("x" * 1_000_000, 1009)]
)
def test_it_closes_with_a_code_that_says_why(
    web: Web, scout_headers: dict[str, str], said: str | bytes, code: int
) -> None:
    with live(web, scout_headers) as connection:
        hear(connection)
        connection.send('{"type": "ping"}')
        assert hear(connection) == {"type": "pong"}
        connection.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            hear(connection)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
