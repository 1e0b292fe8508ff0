"""How HTTP reaches Django: bounded bodies for everybody, and a short way for the API.

The API needs no session, CSRF token or message, and most of Django's middleware would send an asynchronous request
through a thread and back. So `/api/` has a handler of its own, with CORS as its only middleware; the browser's pages
take Django's usual way. `benchmarks/overhead.py` shows the difference.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpResponse, JsonResponse
from django.urls import set_script_prefix

from accounts.api.event_streams import EventStreamResponse
from accounts.api.problems import CONTENT_TYPE, problem
from accounts.authenticate import authenticate
from accounts.errors import Malformed, QuartermasterError, TooLarge
from accounts.networks import client_address
from accounts.offload import in_database_thread
from accounts.pool import AWAY
from accounts.roles import Right
from integrations.documents import LARGEST_BODY_BYTES

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


SLOWEST_READER_SECONDS = 60.0
"""How long a client may take to make room for the next piece of a stream, before it counts as gone."""


IMPORTS = frozenset({"/api/v1/imports/", "/admin/integrations/connectorimport/add/", "/admin/memory/memoryimport/add/"})
"""Where whole files come in: descriptions of services, and memories that somebody imports in the browser."""


MEMORY_IMPORTS = "/api/v1/memory-imports/"
"""Where files of a million lines come in: as large as MEMORY_IMPORT_BYTES, from whoever may import."""


class _BodyTooLarge(Exception):
    """More bytes came than the address allows."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.page = problem_page(TooLarge(f"The body is larger than {most} bytes. Send less."))


class BoundedHandler(ASGIHandler):
    """Django's handler, which reads no more of a body than its address allows, whatever Content-Length says."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().handle(scope, bounded(receive, body_limit(scope)), send)
        except _BodyTooLarge as error:
            await self.send_response(error.page, send)

    async def read_body(self, receive: Receive) -> IO[bytes]:
        body: IO[bytes] = BytesIO()
        try:
            async for chunk in _chunks(receive):
                if isinstance(body, BytesIO) and body.tell() + len(chunk) > settings.REQUEST_BODY_LIMIT_BYTES:
                    body = _on_disk(body)
                body.write(chunk)
        except (RequestAborted, _BodyTooLarge, asyncio.CancelledError):
            body.close()
            raise
        body.seek(0)
        return body


def body_limit(scope: Scope) -> int:
    """How many bytes a body sent to this address may have."""
    usual: int = settings.REQUEST_BODY_LIMIT_BYTES
    return max(usual, LARGEST_BODY_BYTES) if scope["path"] in IMPORTS else usual


async def _most_bytes(scope: Scope) -> int:
    """The same, for callers of the API: nobody fills the disk whose key opens nothing."""
    usual = body_limit(scope)
    if scope["path"] != MEMORY_IMPORTS or scope["method"] != "POST":
        return usual
    address = client_address((scope.get("client") or ("",))[0], _header(scope, b"x-forwarded-for"))
    may = await in_database_thread(_may_import, _header(scope, b"authorization"), address)
    return max(usual, settings.MEMORY_IMPORT_BYTES) if may else usual


def _may_import(authorization: str, address: str) -> bool:
    try:
        return authenticate(authorization, address).may(Right.CALL)
    except (QuartermasterError, *AWAY):
        return False  # the view says why


def _header(scope: Scope, wanted: bytes) -> str:
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


def bounded(receive: Receive, most: int) -> Receive:
    left = most

    async def receive_within() -> Mapping[str, Any]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _BodyTooLarge(most)
        return message

    return receive_within


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestAborted
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _on_disk(begun: BytesIO) -> IO[bytes]:
    """Nobody knows yet who sends it: a large body waits on the disk until its caller is known."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115  the request closes it
    file.write(begun.getvalue())
    return file


class ApiHandler(BoundedHandler):
    """The API's handler: CORS, the view, and a disconnect that cancels it; nothing else."""

    def load_middleware(self, is_async: bool = True) -> None:
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        view: Any = convert_exception_to_response(self._get_response_async)  # type: ignore[attr-defined]
        self._middleware_chain = convert_exception_to_response(CorsMiddleware(view))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(bounded(receive, await _most_bytes(scope)))
        except RequestAborted:
            return
        except _BodyTooLarge as error:
            await self.send_response(error.page, send)
            return
        set_script_prefix(get_script_prefix(scope))
        request, _ = self.create_request(scope, body)
        if request is None:
            await self.send_response(problem_page(Malformed("The request line or a header is not UTF-8.")), send)
            return
        answering = asyncio.ensure_future(self._answer(request, send))
        gone = asyncio.ensure_future(self._wait_for_disconnect(receive))
        try:
            await asyncio.wait((answering, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not answering.done():
                answering.cancel()
            ended, _ = await asyncio.gather(answering, gone, return_exceptions=True)
            body.close()
        if isinstance(ended, Exception):
            logger.error("An answer was broken off.", exc_info=ended, extra={"action": "answer_broken_off"})

    async def _answer(self, request: Any, send: Send) -> None:
        response = await self.run_get_response(request)
        if isinstance(response, EventStreamResponse):
            await self._stream(response, send, is_empty=request.method == "HEAD")
        elif isinstance(response, HttpResponse):
            # Django leaves this to a middleware; nothing of such an answer needs closing, either.
            response["Content-Length"] = str(len(response.content))
            await self.send_response(response, send)
        else:
            await self.send_response(response, send)
            response.close()

    async def _stream(self, response: EventStreamResponse, send: Send, *, is_empty: bool) -> None:
        """Each event at once, as fast as the client takes them: `send` waits until there is room."""
        head = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
        try:
            await send({"type": "http.response.start", "status": response.status_code, "headers": head})
            while not is_empty and (frame := await anext(response.frames, None)) is not None:
                if not await self._takes(send, frame):
                    return
            await send({"type": "http.response.body"})
        finally:
            await response.aclose()
            response.close()

    async def _takes(self, send: Send, frame: bytes) -> bool:
        """Whether the client made room for it in time. One that did not is hung up on by the server."""
        try:
            async with asyncio.timeout(SLOWEST_READER_SECONDS):
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        except TimeoutError:
            logger.info("A client did not read its stream.", extra={"action": "stream_not_read"})
            return False
        return True

    async def _wait_for_disconnect(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


def problem_page(error: QuartermasterError) -> HttpResponse:
    return JsonResponse(problem(error), status=error.status, content_type=CONTENT_TYPE)
