"""Every published example, called for real: the http transport and the auth schemes against a server that plays it."""

import asyncio
import re
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest

from accounts.errors import QuartermasterError
from integrations.connections.address import filled
from integrations.connections.auth import Held, Token, TokenCall, scheme
from integrations.connections.auth.base import TokenRefused
from integrations.connections.grant import CallGrant
from integrations.connections.oauth.answers import read_token
from integrations.connections.oauth.requests import code_request
from integrations.connections.proving import check
from integrations.egress import EgressRules
from integrations.egress.blocking import send
from integrations.errors import CredentialRefused
from integrations.format.types import Action, AuthWay, Grant
from integrations.mapping import apply_mapping
from registry.transports import TRANSPORTS
from registry.transports.base import Declared, Dispatch
from tests.integrations.connectors.credentials import carries_nothing, held_of, shows, variables_of, way_of
from tests.integrations.connectors.fixtures import Fixture
from tests.integrations.connectors.test_contract import BY_SLUG, FIXTURES
from tests.integrations.connectors.vendor import Vendor, body_of, query_of
from tests.upstream import Received

RULES = EgressRules(tenant_slug="acme", timeout_seconds=10)


ABOUT: dict[str, list[Fixture]] = {"action": [], "check": [], "token": []}
for each in FIXTURES:
    ABOUT.get(each.about, ABOUT["action"]).append(each)


def examples(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fixture", ABOUT[kind], ids=str)


def held_for(fixture: Fixture, vendor: Vendor, **more: Any) -> Held:
    connector = BY_SLUG[fixture.connector]
    variables = variables_of(connector, fixture)
    return held_of(way_of(connector, fixture), vendor.moved(filled(connector.base_url, variables)), variables, **more)


def grant_for(held: Held, vendor: Vendor) -> CallGrant:
    return CallGrant(
        connection_id=uuid4(),
        credential_id=uuid4(),
        token_version=0,
        base_url=held.base_url,
        origins=vendor.origins,
        refreshable=False,
        secrets=held.secrets,
        apply=lambda request: scheme(held.way.type).apply(request, held),
    )


async def call(action: Action, values: Any, grant: CallGrant, vendor: Vendor) -> Any:
    """What the tool gives. Raises leaves of the error tree."""
    dispatch = Dispatch(
        declared=Declared(vendor.moved_definition(action.definition), {}, action.input_schema),
        input=values,
        operation="",
        timeout_seconds=10,
        tenant_id=uuid4(),
        tenant_slug="acme",
        egress_networks=None,
        grant=grant,
    )
    reply = await TRANSPORTS["http"].send(dispatch)
    return apply_mapping(action.response_mapping, reply.output) if action.response_mapping else reply.output


def assert_sent(fixture: Fixture, received: list[Received]) -> None:
    """What went out is what the vendor published. Headers besides those that are named are ours."""
    assert len(received) == len(fixture.exchanges)
    for exchange, one in zip(fixture.exchanges, received, strict=True):
        wanted = exchange.request
        headers = {name.lower(): value for name, value in one.headers.items()}
        assert (one.method, path_of(one)) == (wanted["method"], unquote(wanted["path"]))
        assert query_of(one) == wanted.get("query", {})
        assert {name: headers.get(name.lower()) for name in wanted.get("headers", {})} == wanted.get("headers", {})
        assert body_of(one, wanted.get("body")) == wanted.get("body")


def path_of(received: Received) -> str:
    return unquote(received.path.partition("?")[0])


@examples("action")
async def test_it_sends_and_gives_what_was_published(fixture: Fixture, vendor: Vendor) -> None:
    connector = BY_SLUG[fixture.connector]
    action = connector.action(fixture.about)
    assert action is not None
    held = held_for(fixture, vendor)
    vendor.will_answer(connector, fixture, action.definition.get("steps", ()))
    if fixture.error is None:
        assert await call(action, fixture.input, grant_for(held, vendor), vendor) == fixture.output
    else:
        with pytest.raises(QuartermasterError) as refused:
            await call(action, fixture.input, grant_for(held, vendor), vendor)
        assert refused.value.code == fixture.error["code"]
        assert fixture.error["message"] in f"{refused.value.message} {refused.value.extra}"
    assert_sent(fixture, vendor.received())
    assert all(shows(held.way, received) for received in vendor.home.received)
    assert all(carries_nothing(held.way, received) for received in vendor.elsewhere.received)


def checks() -> pytest.MarkDecorator:
    """Each check call, in each way to prove who calls that there is."""
    chosen = [replace(each, auth=way.name) for each in ABOUT["check"] for way in BY_SLUG[each.connector].auth]
    return pytest.mark.parametrize("fixture", chosen, ids=lambda each: f"{each}-{each.auth}")


@checks()
async def test_it_proves_a_credential_as_was_published(fixture: Fixture, vendor: Vendor) -> None:
    connector = BY_SLUG[fixture.connector]
    assert connector.check is not None
    moved = replace(connector, check=replace(connector.check, url=vendor.moved(connector.check.url)))
    held = held_for(fixture, vendor)
    vendor.will_answer(connector, fixture)
    asking = asyncio.to_thread(check, moved, held, RULES)
    if fixture.error is None:
        assert await asking == (fixture.output or "")
    else:
        with pytest.raises(CredentialRefused, match=re.escape(fixture.error["message"])):
            await asking
    assert_sent(fixture, vendor.received())
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
        with pytest.raises(TokenRefused, match=re.escape(fixture.error["message"])):
            asked.read(answer)
    ((exchange, received),) = zip(fixture.exchanges, vendor.received(), strict=True)
    wanted, sent = exchange.request, body_of(received)
    assert (received.method, received.path) == (wanted["method"], wanted["path"])
    assert set(wanted.get("headers", {}).items()) <= set(received.headers.items())
    assert fields_of(wanted.get("body", {})).items() <= fields_of(sent).items()


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
