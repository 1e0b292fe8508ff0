"""Every check call and every token as it was published, asked for real of a server that plays the vendor."""

import asyncio
import re
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from integrations.connections.address import filled
from integrations.connections.auth import Held, Token, TokenCall, scheme
from integrations.connections.auth.base import Refusal
from integrations.connections.oauth.answers import read_token
from integrations.connections.oauth.requests import code_request
from integrations.connections.proving import prove
from integrations.egress import EgressRules
from integrations.egress.blocking import send
from integrations.errors import CredentialRefused
from integrations.format.types import AuthWay, Connector, Grant
from tests.integrations.connectors.credentials import shows
from tests.integrations.connectors.fixtures import Fixture
from tests.integrations.connectors.playing import assert_sent, checks_in_every_way, examples, held_for
from tests.integrations.connectors.test_contract import BY_SLUG
from tests.integrations.connectors.vendor import Vendor, body_of

RULES = EgressRules(tenant_slug="acme", timeout_seconds=10)


@checks_in_every_way()
async def test_it_proves_a_credential_as_was_published(fixture: Fixture, vendor: Vendor) -> None:
    held = held_for(fixture, vendor)
    vendor.will_answer(BY_SLUG[fixture.connector], fixture)
    asking = asyncio.to_thread(prove, moved(BY_SLUG[fixture.connector], held, vendor), held, RULES)
    if fixture.error is None:
        assert (await asking).account == (fixture.output or "")
    else:
        with pytest.raises(CredentialRefused, match=re.escape(fixture.error["message"])):
            await asking
    assert_sent(fixture, held.way, vendor.received())
    assert all(shows(held.way, received) for received in vendor.home.received)


@examples("token")
async def test_it_gets_a_token_as_was_published(fixture: Fixture, vendor: Vendor) -> None:
    held = with_moved_addresses(held_for(fixture, vendor, access=""), vendor)
    vendor.will_answer(BY_SLUG[fixture.connector], fixture)
    asked = token_call(held)
    answer = await asyncio.to_thread(send, asked.request, rules=RULES)
    if fixture.error is None:
        told = said_of(held.way, asked.read(answer))
        assert {name: told[name] for name in fixture.output or {}} == (fixture.output or {})
    else:
        with pytest.raises(Refusal, match=re.escape(fixture.error["message"])):
            asked.read(answer)
    ((exchange, received),) = zip(fixture.exchanges, vendor.received(), strict=True)
    wanted, sent = exchange.request, body_of(received)
    assert (received.method, received.path) == (wanted["method"], wanted["path"])
    assert set(wanted.get("headers", {}).items()) <= set(received.headers.items())
    assert fields_of(wanted.get("body", {})).items() <= fields_of(sent).items()


def moved(connector: Connector, held: Held, vendor: Vendor) -> Connector:
    assert connector.check is not None
    check = replace(connector.check, url=vendor.moved(connector.check.url))
    return replace(connector, base_url=held.base_url, check=check)


def token_call(held: Held) -> TokenCall:
    """Of the way's own kind: with a code that somebody came back with, or with what was entered."""
    oauth = held.way.oauth
    if oauth is None or oauth.grant is Grant.CLIENT_CREDENTIALS:
        asked = scheme(held.way.type).ask(held)
        assert asked is not None
        return asked
    request = code_request(oauth, held, code="not-a-code", redirect_uri="https://q.example/back", verifier="v" * 43)
    return TokenCall(request, partial(read_token, oauth, held))


def with_moved_addresses(held: Held, vendor: Vendor) -> Held:
    way = held.way
    if way.oauth:
        moved = vendor.moved(filled(way.oauth.token_url, held.variables))
        return replace(held, way=replace(way, oauth=replace(way.oauth, token_url=moved)))
    if way.login:
        return replace(held, way=replace(way, login=replace(way.login, url=vendor.moved(way.login.url))))
    return held


def said_of(way: AuthWay, token: Token) -> dict[str, Any]:
    """In the words of RFC 6749, 5.1, with what is kept for the base URL."""
    scope = {"scope": way.oauth.scope_separator.join(token.scopes or ())} if way.oauth else {}
    words = {"access_token": token.access, "refresh_token": token.refresh, "expires_in": token.lifetime_seconds}
    return {**words, **scope, **token.kept}


def fields_of(body: Any) -> dict[str, Any]:
    return dict(body.get("form", body)) if isinstance(body, dict) else {}
