"""Every way out of this product, by what it is for. Who builds another one adds a line: the hostile URLs go through it.

A way takes a URL and calls it as the product would, with the clients of the process. It has to raise EgressBlocked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from integrations.connections.grant import CallGrant
from integrations.egress import EgressRequest, EgressRules, asynchronous, blocking
from integrations.errors import EgressBlocked
from integrations.importing.fetching import fetch_file
from registry.probe import Question, ask
from registry.transports.base import Chunk, Declared, Dispatch
from registry.transports.http import HttpTransport

Way = Callable[[str], Awaitable[object]]

ACME = EgressRules("acme", timeout_seconds=10)
NOBODY = UUID(int=0)


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


def _tool(url: str, *, definition: dict[str, Any] | None = None, **more: Any) -> Awaitable[object]:
    endpoints = {} if definition else {"run": url}
    return HttpTransport().send(
        Dispatch(
            declared=Declared({**definition, "url": url} if definition else {}, endpoints, {}),
            input={"account": 7},
            operation="run",
            timeout_seconds=10,
            tenant_id=NOBODY,
            tenant_slug="acme",
            egress_networks=None,
            **more,
        )
    )


def _action(url: str) -> Awaitable[object]:
    """A connection's base URL comes from what its person entered."""
    grant = CallGrant(NOBODY, NOBODY, 1, url, frozenset(), False, ("s3cret",), apply=lambda request: request)
    return _tool("", definition={"method": "GET"}, grant=grant)


def _import(url: str) -> Awaitable[object]:
    """The description itself, and every file that it refers to."""
    return asyncio.to_thread(fetch_file, url, ACME)


WAYS_OUT: dict[str, Way] = {
    "the asynchronous client": lambda url: asynchronous.send(EgressRequest("GET", url), rules=ACME),
    "the asynchronous client, streaming": _stream,
    "the blocking client": lambda url: asyncio.to_thread(blocking.send, EgressRequest("GET", url), rules=ACME),
    "a tool with an endpoint": _tool,
    "a tool with a definition": lambda url: _tool(url, definition={"method": "GET"}),
    "a tool that streams": lambda url: _tool(url, definition={"method": "GET"}, emit=_emit),
    "an action of a connector": _action,
    "a health probe": _probe,
    "a file of an import": _import,
}
