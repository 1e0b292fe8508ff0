"""Every way out of this product, by what it is for. Who builds another one adds a line: the hostile URLs go through it.

A way takes a URL and calls it as the product would, with the clients of the process. It has to raise EgressBlocked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from accounts.errors import Invalid
from integrations.connections.auth import Held
from integrations.connections.auth.base import Client
from integrations.connections.grant import CallGrant
from integrations.connections.oauth.requests import code_request, refresh_request, revoke_request
from integrations.connections.proving import prove
from integrations.egress import EgressRequest, EgressRules, asynchronous, blocking
from integrations.egress.targets import read_target
from integrations.embedding.compatible import Compatible, Service
from integrations.errors import EgressBlocked, EmbedderRefused
from integrations.format.types import AuthType, AuthWay, BodyFormat, Check, Connector, Grant, Login, OAuth
from integrations.importing.fetching import fetch_file
from registry.errors import MappingFailed
from registry.probe import Question, ask
from registry.transports.base import Chunk, Declared, Dispatch
from registry.transports.http import HttpTransport
from tests.registry.execution.calls import a_caller
from webhooks.receiving.certificates import pem_at
from webhooks.telling.send import Parcel, send

Way = Callable[[str], Awaitable[object]]

ACME = EgressRules("acme", timeout_seconds=10)
NOBODY = UUID(int=0)
SERVICE = Connector("service", "Service", "other", "Serves.", "", "https://api.example", (), (), ())


async def _stream(url: str) -> None:
    async with asynchronous.stream(EgressRequest("GET", url), rules=ACME) as answer:
        await answer.whole()


async def _probe(url: str) -> None:
    """A probe raises nothing: what it hears is what is noted of the tool."""
    complaint = await asyncio.to_thread(ask, Question(NOBODY, url, ACME))
    assert complaint
    raise EgressBlocked(complaint)


async def _emit(chunk: Chunk) -> None:
    raise AssertionError(f"A part came from where nothing should be called: {chunk}")


def _tool(
    url: str, *, definition: dict[str, Any] | None = None, values: dict[str, Any] | None = None, **more: Any
) -> Awaitable[object]:
    endpoints = {} if definition else {"run": url}
    return HttpTransport().send(
        Dispatch(
            declared=Declared({"url": url, **definition} if definition else {}, endpoints, {}),
            input=values or {"account": 7},
            operation="run",
            timeout_seconds=10,
            caller=a_caller(tenant_id=NOBODY),
            egress_networks=None,
            **more,
        )
    )


def _action(url: str) -> Awaitable[object]:
    """A connection's base URL comes from what its person entered."""
    grant = CallGrant(NOBODY, NOBODY, 1, url, frozenset(), False, ("s3cret",), apply=lambda request: request)
    return _tool("", definition={"method": "GET"}, grant=grant)


def _step(url: str) -> Awaitable[object]:
    """Where an earlier step's service sends the call. What is no address goes no further than the step, and what is no
    text is no answer."""

    async def go() -> None:
        try:
            await _tool("", definition={"steps": [{"id": "go", "url_from": "place"}]}, values={"place": url})
        except (MappingFailed, UnicodeEncodeError):
            read_target(url)
        except EgressBlocked as blocked:
            raise EgressBlocked(blocked.message.removeprefix("The step `go` failed: ")) from blocked

    return go()


def _import(url: str) -> Awaitable[object]:
    """The description itself, and every file that it refers to."""
    return asyncio.to_thread(fetch_file, url, ACME)


def _oauth(url: str, *, access: str = "", refresh: str = "") -> Held:
    """A client that a connector's URLs, with a person's variables in them, lead there."""
    oauth = OAuth(Grant.CLIENT_CREDENTIALS, token_url=url, revoke_url=url)
    way = AuthWay("way", AuthType.OAUTH2, "Sign in", fields={}, oauth=oauth)
    return Held(way, "https://api.example", access=access, refresh=refresh, client=Client("acme-app", "s3cret"))


def _exchange(url: str) -> Awaitable[object]:
    held, flow = _oauth(url), {"code": "c", "redirect_uri": "https://qm.example/", "verifier": "v"}
    return asyncio.to_thread(blocking.send, code_request(_way(held), held, **flow), rules=ACME)


def _refresh(url: str) -> Awaitable[object]:
    held = _oauth(url, refresh="r")
    return asynchronous.send(refresh_request(_way(held), held), rules=ACME)


def _revocation(url: str) -> Awaitable[object]:
    held = _oauth(url, access="a")
    request = revoke_request(_way(held), held)
    assert request is not None
    return asyncio.to_thread(blocking.send, request, rules=ACME)


def _way(held: Held) -> OAuth:
    assert held.way.oauth is not None
    return held.way.oauth


def _login(url: str) -> Awaitable[object]:
    login = Login("POST", url, {"pass": "password"}, BodyFormat.JSON, token_path="token")
    held = Held(AuthWay("way", AuthType.LOGIN, "Log in", fields={}, login=login), "")
    return asyncio.to_thread(prove, SERVICE, held, ACME)


def _check(url: str) -> Awaitable[object]:
    """The address is a variable, which a person entered: some are refused before anything is called."""

    def check() -> object:
        connector = replace(SERVICE, base_url="{origin}", check=Check("GET", ""))
        held = Held(AuthWay("way", AuthType.NONE, "", fields={}), "", {"origin": url})
        try:
            return prove(connector, held, ACME)
        except Invalid as error:
            raise error.__cause__ or error from error

    return asyncio.to_thread(check)


async def _embedding(url: str) -> None:
    """The operator's settings say where it is; what may go wrong for good is told in other words."""

    async def at_once(seconds: float) -> None:
        """A name that does not exist may exist a moment later."""

    try:
        await Compatible(Service(url, "model", 384), pause=at_once).embed(["text"])
    except EmbedderRefused as refused:
        raise (refused.__cause__ or refused) from None


WAYS_OUT: dict[str, Way] = {
    "the asynchronous client": lambda url: asynchronous.send(EgressRequest("GET", url), rules=ACME),
    "the asynchronous client, streaming": _stream,
    "the blocking client": lambda url: asyncio.to_thread(blocking.send, EgressRequest("GET", url), rules=ACME),
    "a tool with an endpoint": _tool,
    "a tool with a definition": lambda url: _tool(url, definition={"method": "GET"}),
    "a tool that streams": lambda url: _tool(url, definition={"method": "GET"}, emit=_emit),
    "an action of a connector": _action,
    "a health probe": _probe,
    "a step that is sent on": _step,
    "the exchange of a code": _exchange,
    "a refresh": _refresh,
    "client credentials": lambda url: asyncio.to_thread(prove, SERVICE, _oauth(url), ACME),
    "a revocation": _revocation,
    "a login": _login,
    "a check of a connection": _check,
    "a file of an import": _import,
    "the certificate of a webhook's signer": lambda url: asyncio.to_thread(pem_at, url),
    "an embedding service": _embedding,
    "a delivery of a webhook": lambda url: send(Parcel(url, {}, b"{}", ACME)),
}
