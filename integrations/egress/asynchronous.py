"""The way out for the corridor: aiohttp, one session per process and event loop.

The session never sees a host name: it is given the checked address, so that it pools connections by address (and TLS
name) and tenant, and a kept-alive connection serves only calls that were themselves allowed to that address.
"""

import asyncio
import io
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Token
from time import perf_counter
from types import TracebackType

import aiohttp
from yarl import URL

from integrations.egress.configured import configured_policy, configured_proxy, tls_context
from integrations.egress.connector import CheckedConnector, NoNames, Progress, TenantsRequest, progress
from integrations.egress.decoding import decode
from integrations.egress.gate import pass_or_refuse
from integrations.egress.messages import (
    LONGEST_HEADER,
    MOST_HEADERS,
    SAFE_METHODS,
    EgressRequest,
    EgressResponse,
    EgressRules,
    readable,
)
from integrations.egress.names import Lookup, Names, system_lookup
from integrations.egress.policy import EgressPolicy
from integrations.egress.proxies import Proxy
from integrations.egress.redirects import Hop, first_hop, next_hop
from integrations.egress.streams import EgressStream
from integrations.egress.targets import Target
from integrations.egress.translation import LOWER_ERRORS, LowerError, is_caused_by, translated
from integrations.errors import UpstreamFailure, UpstreamTooLarge

CONNECTIONS = 1000
CONNECTIONS_PER_ADDRESS = 250
# Below the 5 s after which many servers hang up: a connection is seldom closed while we write to it.
KEEP_ALIVE_SECONDS = 4.0
# aiohttp writes longer bodies from a file object in pieces, so that they do not hold up the loop.
LONGEST_PIECE = 1_000_000
UNPACKED_IN_THE_LOOP = 100_000


class _InOurWords:
    """What goes wrong within is one of our errors, which knows how far the call had come."""

    def __init__(self, rules: EgressRules) -> None:
        self.progress = Progress(rules.tenant_slug)
        self._token: Token[Progress] | None = None

    def __enter__(self) -> Progress:
        self._token = progress.set(self.progress)
        return self.progress

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._token is not None:
            progress.reset(self._token)
        if isinstance(error, UpstreamFailure):
            error.sent = error.sent or self.progress.redirected
        elif isinstance(error, LOWER_ERRORS):
            raise self.translated(error) from LowerError(error)

    def translated(self, error: Exception) -> UpstreamFailure:
        failure = translated(error, sent=self.progress.connected)
        failure.sent = failure.sent or self.progress.redirected
        return failure


class Client:
    """Sends on the event loop it was made in, until `aclose`. Tests give a lookup, a policy and an authority."""

    def __init__(
        self,
        *,
        lookup: Lookup = system_lookup,
        policy: EgressPolicy | None = None,
        tls: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._names = Names(lookup)
        self._policy = policy
        self._session = aiohttp.ClientSession(
            connector=CheckedConnector(
                proxy=proxy,
                resolver=NoNames(),
                ssl=tls or tls_context(),
                limit=CONNECTIONS,
                limit_per_host=CONNECTIONS_PER_ADDRESS,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=["Content-Type"],
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            max_headers=MOST_HEADERS,
            request_class=TenantsRequest,
            middlewares=[_fail_in_our_words],
        )

    async def send(self, request: EgressRequest, *, rules: EgressRules) -> EgressResponse:
        """The service's answer, whatever its status.

        Raises EgressBlocked when the policy refuses, a leaf of UpstreamFailure when no whole answer came.
        """
        started = perf_counter()
        with _InOurWords(rules):
            async with asyncio.timeout(rules.timeout_seconds):
                hop, response = await self._follow(request, rules)
                headers = readable(response.headers)
                encoding = headers.get("Content-Encoding", "")
                body = await _unpacked(await _read(response, rules.max_response_bytes), encoding, rules)
        return EgressResponse(response.status, headers, body, hop.target.url, perf_counter() - started)

    @asynccontextmanager
    async def stream(self, request: EgressRequest, *, rules: EgressRules) -> AsyncIterator[EgressStream]:
        """The service's answer while it arrives. Its connection is closed with the block, however that ends.

        The rules' time is for the block as a whole. Whoever does not read holds the service up, not our memory.
        """
        words, deadline = _InOurWords(rules), asyncio.timeout(rules.timeout_seconds)
        try:
            async with deadline:
                with words:
                    hop, response = await self._follow(request, rules)
                try:
                    yield EgressStream(response, rules, final_url=hop.target.url)
                finally:
                    response.close()
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise words.translated(error) from LowerError(error)

    async def aclose(self) -> None:
        self._names.close()
        await self._session.close()

    async def _follow(self, request: EgressRequest, rules: EgressRules) -> tuple[Hop, aiohttp.ClientResponse]:
        """Whose body is still to be read, and where it came from."""
        hop = first_hop(request, rules)
        while True:
            response = await self._send_hop(hop, rules)
            try:
                following = next_hop(hop, response.status, readable(response.headers).get("Location"))
            except BaseException:
                response.close()
                raise
            if following is None:
                return hop, response
            await _read(response, rules.max_response_bytes)
            hop, progress.get().redirected = following, True

    async def _send_hop(self, hop: Hop, rules: EgressRules) -> aiohttp.ClientResponse:
        """Try the checked addresses of the hop's host one after the other, until one takes the connection."""
        progress.get().connected = False
        target = hop.target
        addresses = (target.host,) if target.is_address else await self._names.addresses_of(target.host)
        pass_or_refuse(target, addresses, rules, self._policy or configured_policy())
        patience = aiohttp.ClientTimeout(sock_connect=rules.connect_timeout_seconds / len(addresses))
        for address in addresses[:-1]:
            try:
                return await self._send_to(address, hop, patience)
            except UpstreamFailure as failure:
                if failure.sent:
                    raise
                self._names.put_last(target.host, address)
        return await self._send_to(addresses[-1], hop, patience)

    async def _send_to(self, address: str, hop: Hop, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """Send, and once more when a kept-alive connection was hung up as we wrote to it (RFC 9112, 9.3.1)."""
        try:
            return await self._send_once(address, hop, patience)
        except UpstreamFailure as failure:
            hung_up = is_caused_by(failure, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)
            if not (hung_up and progress.get().reused and hop.method in SAFE_METHODS):
                raise
        return await self._send_once(address, hop, patience)

    async def _send_once(self, address: str, hop: Hop, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        target, known = hop.target, progress.get()
        known.connected = known.reused = False
        return await self._session.request(
            hop.method,
            _url_at(address, target),
            headers=hop.headers,
            data=_payload(hop.body),
            allow_redirects=False,
            timeout=patience,
            server_hostname=target.host if target.scheme == "https" else None,
        )


def _url_at(address: str, target: Target) -> URL:
    path, _, query = target.path.partition("?")
    host = f"[{address}]" if ":" in address else address
    return URL.build(
        scheme=target.scheme,
        authority=f"{host}:{target.port}",
        path=path,
        query_string=query,
        encoded=True,
    )


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    return io.BytesIO(body) if body is not None and len(body) > LONGEST_PIECE else body


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    pieces, size = [], 0
    try:
        async for piece in response.content.iter_any():
            size += len(piece)
            if size > limit:
                raise UpstreamTooLarge(f"The service's answer is larger than {limit} bytes. Ask it for less.")
            pieces.append(piece)
    except BaseException:
        response.close()
        raise
    return b"".join(pieces)


async def _unpacked(body: bytes, encoding: str, rules: EgressRules) -> bytes:
    if encoding and len(body) > UNPACKED_IN_THE_LOOP:
        return await asyncio.to_thread(decode, body, encoding, rules.max_response_bytes)
    return decode(body, encoding, rules.max_response_bytes)


async def _fail_in_our_words(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    # Here rather than around the session's call: the session would send some requests a second time by itself.
    try:
        return await handler(request)
    except LOWER_ERRORS as error:
        raise translated(error, sent=progress.get().connected) from LowerError(error)


_clients: dict[tuple[int, asyncio.AbstractEventLoop], Client] = {}


async def send(request: EgressRequest, *, rules: EgressRules) -> EgressResponse:
    """`Client.send` of this process and event loop, made on first use and so after any fork."""
    return await _client().send(request, rules=rules)


def stream(request: EgressRequest, *, rules: EgressRules) -> AbstractAsyncContextManager[EgressStream]:
    """`Client.stream` of this process and event loop."""
    return _client().stream(request, rules=rules)


async def aclose() -> None:
    """Close this event loop's connections, when the process shuts down."""
    client = _clients.pop((os.getpid(), asyncio.get_running_loop()), None)
    if client is not None:
        await client.aclose()


def _client() -> Client:
    key = (os.getpid(), asyncio.get_running_loop())
    client = _clients.get(key)
    if client is None:
        for pid, loop in [known for known in _clients if known[1].is_closed()]:
            del _clients[pid, loop]
        client = _clients[key] = Client(proxy=configured_proxy())
    return client
