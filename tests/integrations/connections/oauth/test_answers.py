import json

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from integrations.connections.auth.base import Client, Held, Token
from integrations.connections.oauth.answers import read_token
from integrations.egress import EgressResponse
from integrations.format.auth import read_way

WAY = read_way("oauth", {"type": "oauth2", "token_url": "https://chat.example/token", "keep": {"host": "host"}})
TOKEN = {"access_token": "zugang-4711", "refresh_token": "wieder-4712", "scope": "read write", "host": "eu.example"}


def read(**said: str) -> Token:
    assert WAY.oauth is not None
    body = json.dumps({**TOKEN, **said}).encode()
    answer = EgressResponse(200, CIMultiDictProxy(CIMultiDict()), body, "https://chat.example/token", 0.1)
    return read_token(WAY.oauth, Held(WAY, "", client=Client("acme-app", "geheim-4713")), answer)


def test_it_reads_what_people_are_shown_of_it() -> None:
    token = read()
    assert (token.scopes, token.kept) == (("read", "write"), {"host": "eu.example"})


@pytest.mark.parametrize("secret", ["zugang-4711", "wieder-4712", "geheim-4713"])
def test_it_shows_no_secret_that_a_vendor_repeats_there(secret: str) -> None:
    token = read(scope=f"read {secret}", host=f"{secret}.example")
    assert (token.scopes, token.kept) == (("read", "[redacted:secret]"), {})
