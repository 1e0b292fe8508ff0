"""What the asynchronous way out is made of below aiohttp's session: connections to addresses only, and strict."""

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http_parser import RawResponseMessage
from aiohttp.streams import StreamReader

from integrations.egress.messages import MOST_EARLY_ANSWERS
from integrations.egress.proxies import Proxy, on_the_way_to, tunnel


@dataclass
class Progress:
    """Whose the request now under way is, and how far it has come."""

    tenant_slug: str
    connected: bool = False
    """There is a connection for it, so bytes may have left."""
    reused: bool = False
    """The connection had served another request before."""
    redirected: bool = False
    """A service has answered already, if only to send us on."""


progress: ContextVar[Progress] = ContextVar("egress_progress")


class TenantsRequest(aiohttp.ClientRequest):
    """Kept connections are a tenant's own: one whose service lost count of its answers misleads nobody else."""

    @property
    def connection_key(self) -> ConnectionKey:
        # aiohttp knows of no proxy, so that its place in the key is free.
        return super().connection_key._replace(proxy_headers_hash=hash(progress.get().tenant_slug))


class CheckedConnector(aiohttp.TCPConnector):
    """Notes when a request has its connection: before that, nothing can have left."""

    def __init__(self, *, proxy: Proxy | None, **options: Any) -> None:
        super().__init__(**options)
        self._proxy = proxy
        self._factory = partial(_Reading, loop=self._loop)  # type: ignore[assignment]
        self._seen: WeakSet[Any] = WeakSet()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own signature
    ) -> Connection:
        connection = await super().connect(req, traces, timeout)
        while connection.protocol is not None and connection.protocol.should_close:
            # It said more than it was asked while it was kept: that would be taken for the answer to this request.
            connection.close()
            connection = await super().connect(req, traces, timeout)
        known = progress.get()
        known.connected = True
        known.reused = connection.protocol in self._seen
        self._seen.add(connection.protocol)
        return connection

    async def _wrap_create_connection(
        self,
        *args: Any,
        addr_infos: list[Any],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own signature
        **more: Any,
    ) -> tuple[asyncio.Transport, ResponseHandler]:
        [(*_, (address, port, *_))] = addr_infos
        proxy = on_the_way_to(address, self._proxy)
        if proxy is None:
            return await super()._wrap_create_connection(*args, addr_infos=addr_infos, timeout=timeout, **more)
        async with asyncio.timeout(timeout.sock_connect):
            sock = await tunnel(proxy, address, port)
            return await self._wrap_existing_connection(*args, sock=sock, timeout=timeout, **more)


class _Reading(ResponseHandler):
    """Stricter than aiohttp with two things: how an answer ends, and how many others come before it."""

    _early = 0

    def set_response_params(self, **params: Any) -> None:
        self._early = 0
        super().set_response_params(**params)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        if HTTPStatus.SWITCHING_PROTOCOLS < data[0].code < HTTPStatus.OK:
            self._early += 1
        if self._early <= MOST_EARLY_ANSWERS:
            super().feed_data(data, size)
        else:
            self.close()
            self.set_exception(aiohttp.ClientPayloadError("Too many early answers."))

    def connection_lost(self, exc: BaseException | None) -> None:
        # An answer without a length ends where the service closes; aiohttp would take a reset for such an end, too.
        if exc is not None and self._payload is not None and not self._payload.is_eof():
            self._payload.set_exception(aiohttp.ClientPayloadError("The connection was lost in the answer."), exc)
        super().connection_lost(exc)


class NoNames(AbstractResolver):
    """The session connects to addresses only. A name that came this far has passed no check."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        raise OSError(f"{host} was not resolved by egress")

    async def close(self) -> None:
        pass
