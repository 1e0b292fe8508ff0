"""`/hooks/{token}/` over ASGI, without Django's handlers: nothing looks at the bytes before the signature is checked.

Whatever goes wrong is a problem document. Who has no source's address learns nothing, and leaves nothing behind.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID
from weakref import WeakKeyDictionary

from django.conf import settings

from accounts.api.problems import translate
from accounts.errors import NotFound, QuartermasterError, Unavailable
from accounts.ids import new_id
from accounts.networks import client_address
from webhooks.receiving.admit import LARGEST_HEAD
from webhooks.receiving.answer import refusal
from webhooks.receiving.body import Receive, read_body
from webhooks.receiving.find import Found, find
from webhooks.receiving.receive import receive
from webhooks.receiving.room import room
from webhooks.receiving.turns import Turns
from webhooks.receiving.types import Answer, Arrival, KnownSource
from webhooks.signatures.received import Received
from webhooks.sources.address import ROOT, path_of

Scope: TypeAlias = Mapping[str, Any]
Send: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]
Headers: TypeAlias = tuple[tuple[str, str], ...]

AGAIN_SECONDS = 5
"""When to send again what could not be stored."""
NOTED_EVERY = timedelta(minutes=1)
LONGEST_TOKEN = 100


# A web process has one loop; turns belong to theirs.
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


async def door(scope: Scope, receive_message: Receive, send: Send) -> None:
    """The ASGI application."""
    try:
        with room():
            answer = await _answer(scope, receive_message)
    except Exception as error:  # noqa: BLE001  the outermost place: every error becomes a problem document
        answer = refusal(_told(error))
    await _send(answer, send, is_empty=scope["method"] == "HEAD")


async def _answer(scope: Scope, receive_message: Receive) -> Answer:
    token = scope["path"].removeprefix(ROOT).removesuffix("/")
    found = await find(token) if 0 < len(token) <= LONGEST_TOKEN else None
    if found is None:
        return refusal(NotFound("Nobody takes events at this address. Check that it was copied whole."))
    arrival = await _arrival(token, *found, scope, receive_message)
    turns = _turns.setdefault(asyncio.get_running_loop(), Turns())
    async with turns.turn(_whose_turn(arrival.source)):
        answer, _ = await receive(arrival)
    return answer


def _whose_turn(source: KnownSource) -> UUID:
    """The tenant's. A certificate may be slow to come: nobody but its own source waits for it."""
    return source.id if source.scheme is not None and source.scheme.needs_certificate else source.tenant_id


def _told(error: Exception) -> QuartermasterError:
    translated = translate(error)
    if isinstance(translated, Unavailable) and translated.retry_after is None:
        translated.retry_after = AGAIN_SECONDS
    return translated


async def _arrival(token: str, source: KnownSource, found: Found, scope: Scope, receive_message: Receive) -> Arrival:
    headers, query = _head(scope)
    address = client_address((scope.get("client") or [""])[0] or "", ",".join(_all(headers, "x-forwarded-for")))
    too_large = _head_bytes(scope) > LARGEST_HEAD
    body, fault = (b"", "too_large") if too_large else await _body(source, headers, receive_message)
    if too_large:
        headers, query = (), ""
    at = datetime.now(UTC)
    base = source.url or f"{_scheme(scope, headers)}://{_host(headers)}{path_of(token)}"
    url = _with_query(base, query)
    return Arrival(
        id=new_id(),
        source=source,
        received=Received(scope["method"], url, headers, body, at),
        address=address,
        fault=fault,
        is_first_in_a_while=found.last_event_at is None or at - found.last_event_at > NOTED_EVERY,
    )


def _head(scope: Scope) -> tuple[Headers, str]:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return headers, scope["query_string"].decode("latin-1")


def _head_bytes(scope: Scope) -> int:
    return len(scope["query_string"]) + sum(len(name) + len(value) for name, value in scope["headers"])


async def _body(source: KnownSource, headers: Headers, receive_message: Receive) -> tuple[bytes, str]:
    most = min(source.max_body_bytes, settings.WEBHOOK_BODY_LIMIT_BYTES)
    announced = next(iter(_all(headers, "content-length")), "")
    is_number = announced.isascii() and announced.isdigit() and len(announced) < 16
    return await read_body(receive_message, most, announced=int(announced) if is_number else None)


def _with_query(base: str, query: str) -> str:
    """The query of an address of its own goes before what the proxy made of it, unless that only adds to it."""
    address, _, own = base.partition("?")
    came_whole = not own or f"{query}&".startswith(f"{own}&")
    return f"{address}?{query}" if query and came_whole else base


def _scheme(scope: Scope, headers: Headers) -> str:
    """The proxy's word is taken where SECURE_HTTPS says so."""
    is_secure = settings.SECURE_HTTPS and _all(headers, "x-forwarded-proto") == ["https"]
    return "https" if is_secure else scope.get("scheme", "http")


def _host(headers: Headers) -> str:
    return next(iter(_all(headers, "host")), "localhost")


def _all(headers: Headers, wanted: str) -> list[str]:
    """ASGI gives names in small letters."""
    return [value for name, value in headers if name == wanted]


async def _send(answer: Answer, send: Send, *, is_empty: bool) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_empty else answer.body})
