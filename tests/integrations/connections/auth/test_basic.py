import base64

import pytest

from integrations.connections.auth.base import Held
from integrations.connections.auth.basic import Basic
from integrations.connections.auth.pairs import client_pair, pair
from integrations.egress import EgressRequest
from integrations.format.auth import read_way

KEY_AS_USER = read_way(
    "key", {"type": "basic", "fields": {"username": {"secret": True}, "password": {"default": "x", "required": False}}}
)


@pytest.mark.parametrize(
    ("user", "password", "sent"),
    [
        ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),  # RFC 7617, 2
        ("test", "123\u00a3", "dGVzdDoxMjPCow=="),  # RFC 7617, 2.1
        ("ada", "with:colon", base64.b64encode(b"ada:with:colon").decode()),
    ],
)
def test_it_writes_the_header_as_the_rfc_has_it(user: str, password: str, sent: str) -> None:
    assert pair(user, password) == sent


def test_it_fills_in_what_a_vendor_wants_in_the_other_field() -> None:
    held = Held(KEY_AS_USER, "", values={"username": "k-123"})
    sent = Basic().apply(EgressRequest("GET", "https://desk.example"), held)
    assert sent.headers["Authorization"] == f"Basic {pair('k-123', 'x')}"


def test_it_refuses_a_user_with_a_colon() -> None:
    faults = list(Basic().faults(KEY_AS_USER, {"username": "ada:admin", "password": "x"}))
    assert [fault.path for fault in faults] == ["$.values.username"]


def test_an_oauth_client_is_encoded_first() -> None:
    assert client_pair("acme app", "s3cret+of/acme=") == pair("acme+app", "s3cret%2Bof%2Facme%3D")


@pytest.mark.parametrize("values", [{"username": "k-123"}, {"username": "k-123", "password": "pw"}])
def test_what_the_header_says_is_as_secret_as_its_parts(values: dict[str, str]) -> None:
    held = Held(KEY_AS_USER, "", values=values)
    sent = Basic().apply(EgressRequest("GET", "https://desk.example"), held)
    assert sent.headers["Authorization"].removeprefix("Basic ") in held.secrets
