"""One contract for all ways to prove who calls."""

from typing import Any

import pytest

from integrations.connections.auth import SCHEMES, Held, scheme
from integrations.connections.auth.base import Client
from integrations.connections.auth.pairs import pair
from integrations.egress import EgressRequest
from integrations.format.auth import read_way
from integrations.format.types import AuthType

OAUTH = {"token_url": "https://chat.example/token", "authorize_url": "https://chat.example/authorize"}
WAYS: dict[AuthType, dict[str, Any]] = {
    AuthType.NONE: {},
    AuthType.API_KEY: {"name": "X-Api-Key"},
    AuthType.BASIC: {},
    AuthType.BEARER: {},
    AuthType.OAUTH2: OAUTH,
    AuthType.LOGIN: {"call": "POST /login", "token_path": "token"},
    AuthType.SIGV4: {"service": "ses", "region": "eu-west-1"},
}
SECRETS = {"key": "k-123456", "password": "p-123456", "token": "t-123456", "secret_access_key": "s-123456"}
VALUES = {**SECRETS, "username": "ada", "access_key_id": "AKIDEXAMPLE"}
REQUEST = EgressRequest("POST", "https://chat.example/api/messages?b=2&a=1", {"X-Trace": "7"}, b'{"text": "hello"}')


def held(kind: AuthType, **more: Any) -> Held:
    more = {"client": Client("acme-app", ""), **more}
    way = read_way("way", {"type": kind, **WAYS[kind]})
    values = {name: VALUES[name] for name in way.fields["properties"] if name in VALUES}
    return Held(way, "https://chat.example/api", values=values, access="a-123456", refresh="r-123456", **more)


def test_it_has_a_scheme_for_every_type() -> None:
    assert set(SCHEMES) == set(AuthType) == set(WAYS)


@pytest.mark.parametrize("kind", AuthType)
def test_it_leaves_the_request_as_it_is_but_for_the_credential(kind: AuthType) -> None:
    sent = scheme(kind).apply(REQUEST, held(kind))
    assert (sent.method, sent.body, sent.headers["X-Trace"]) == (REQUEST.method, REQUEST.body, "7")
    assert sent.url.startswith("https://chat.example/api/messages?")
    assert REQUEST.headers == {"X-Trace": "7"}


@pytest.mark.parametrize("kind", [kind for kind in AuthType if kind is not AuthType.NONE])
def test_it_sends_what_is_held(kind: AuthType) -> None:
    sent = scheme(kind).apply(REQUEST, held(kind))
    assert (sent.url, sent.headers) != (REQUEST.url, REQUEST.headers)


@pytest.mark.parametrize("kind", AuthType)
def test_it_takes_the_place_of_what_the_tool_set_itself(kind: AuthType) -> None:
    own = EgressRequest("GET", "https://chat.example/", {"authorization": "Bearer other", "x-api-key": "other"})
    sent = scheme(kind).apply(own, held(kind))
    names = [name.lower() for name in sent.headers]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", AuthType)
def test_it_shows_nothing_secret_in_a_repr(kind: AuthType) -> None:
    shown = held(kind, client=Client("acme-app", "c-123456"))
    asking = scheme(kind).ask(shown)
    text = repr((shown, asking, scheme(kind).apply(REQUEST, shown)))
    assert not [secret for secret in (*SECRETS.values(), "a-123456", "r-123456", "c-123456") if secret in text]


@pytest.mark.parametrize("kind", AuthType)
def test_it_knows_a_way_to_a_token_exactly_where_calls_carry_one(kind: AuthType) -> None:
    way = scheme(kind)
    assert (way.ask(held(kind)) is not None) == way.carries_token == (kind in {AuthType.OAUTH2, AuthType.LOGIN})


@pytest.mark.parametrize("kind", AuthType)
def test_it_finds_no_fault_with_values_as_they_are_issued(kind: AuthType) -> None:
    assert list(scheme(kind).faults(held(kind).way, held(kind).values)) == []


def test_it_tells_every_secret_for_redaction() -> None:
    assert held(AuthType.BASIC).secrets == ("p-123456", "a-123456", "r-123456", pair("ada", "p-123456"))
    with_client = held(AuthType.OAUTH2, client=Client("acme-app", "c-123456"))
    assert with_client.secrets == ("a-123456", "r-123456", "c-123456")
