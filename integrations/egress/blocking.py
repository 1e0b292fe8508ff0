"""The way out for Celery and the console: requests, under the same policy and with the same answers and errors."""

import os
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from time import monotonic, perf_counter
from typing import Any

import requests
import urllib3
from multidict import CIMultiDict, CIMultiDictProxy
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool

from accounts.offload import give_connection_back
from integrations.egress.configured import configured_policy, configured_proxy, new_tls_context
from integrations.egress.connections import Call, call, pools
from integrations.egress.decoding import decode
from integrations.egress.gate import pass_or_refuse
from integrations.egress.messages import SAFE_METHODS, Answer, EgressRequest, EgressResponse, EgressRules, readable
from integrations.egress.names import THREADS, Lookup, system_lookup
from integrations.egress.policy import EgressPolicy
from integrations.egress.proxies import Proxy
from integrations.egress.redirects import Hop, first_hop, next_hop
from integrations.egress.translation import LOWER_ERRORS, LowerError, is_caused_by, translated
from integrations.errors import UpstreamFailure, UpstreamTooLarge

HOSTS = 100
CONNECTIONS_PER_HOST = 20
PIECE_BYTES = 65_536


class Client:
    """Sends from any thread of its process. Tests give a lookup, a policy and an authority."""

    def __init__(
        self,
        *,
        lookup: Lookup = system_lookup,
        policy: EgressPolicy | None = None,
        tls: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._lookup = lookup
        self._policy = policy
        self._proxy = proxy
        self._adapter = _CheckedAdapter(tls or new_tls_context())
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="egress-names")

    def send(self, request: EgressRequest, *, rules: EgressRules) -> EgressResponse:
        """The service's answer, whatever its status.

        Raises EgressBlocked when the policy refuses, a leaf of UpstreamFailure when no whole answer came.
        """
        started = perf_counter()
        progress, redirected = Call(monotonic() + rules.timeout_seconds, self._proxy), False
        token = call.set(progress)
        try:
            hop = first_hop(request, rules)
            while True:
                answer = self._send_hop(hop, rules, progress)
                following = next_hop(hop, answer.status, answer.headers.get("Location"))
                if following is None:
                    break
                hop, redirected = following, True
        except UpstreamFailure as failure:
            failure.sent = failure.sent or redirected
            raise
        finally:
            call.reset(token)
        body = decode(answer.body, answer.headers.get("Content-Encoding", ""), rules.max_response_bytes)
        return EgressResponse(answer.status, answer.headers, body, hop.target.url, perf_counter() - started)

    def close(self) -> None:
        self._adapter.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send_hop(self, hop: Hop, rules: EgressRules, progress: Call) -> Answer:
        """Try the checked addresses of the hop's host one after the other, until one takes the connection."""
        target = hop.target
        addresses = (target.host,) if target.is_address else self._addresses_of(target.host, progress)
        pass_or_refuse(target, addresses, rules, self._policy or configured_policy())
        progress.patience = rules.connect_timeout_seconds / len(addresses)
        for address in addresses[:-1]:
            try:
                return self._send_to(address, hop, rules, progress)
            except UpstreamFailure as failure:
                if failure.sent:
                    raise
        return self._send_to(addresses[-1], hop, rules, progress)

    def _addresses_of(self, host: str, progress: Call) -> tuple[str, ...]:
        progress.sent = False
        try:
            # In a thread of its own: the system's lookup knows no timeout.
            return self._threads.submit(self._lookup, host).result(timeout=progress.left)
        except OSError as error:
            raise translated(error, sent=False) from LowerError(error)

    def _send_to(self, address: str, hop: Hop, rules: EgressRules, progress: Call) -> Answer:
        """Send, and once more when a kept-alive connection was hung up as we wrote to it (RFC 9112, 9.3.1)."""
        try:
            return self._send_once(address, hop, rules, progress)
        except UpstreamFailure as failure:
            hung_up = is_caused_by(failure, requests.ConnectionError) and failure.sent
            if not (hung_up and not progress.connected and hop.method in SAFE_METHODS):
                raise
        return self._send_once(address, hop, rules, progress)

    def _send_once(self, address: str, hop: Hop, rules: EgressRules, progress: Call) -> Answer:
        progress.sent = progress.connected = False
        try:
            response = self._adapter.send(_Prepared(hop, address), stream=True, timeout=progress.left)
            try:
                body = _read(response.raw, rules.max_response_bytes)
            except BaseException:
                response.raw.close()
                raise
        except LOWER_ERRORS as error:
            # requests has one word for a socket's timeout and for its other troubles; the clock knows better.
            known = TimeoutError() if monotonic() >= progress.deadline else error
            raise translated(known, sent=progress.sent) from LowerError(error)
        return Answer(response.status_code, _headers(response.raw.headers), body)


class _Prepared(requests.PreparedRequest):
    """A request as it goes out, to one address. Not prepared by requests, which would parse the URL once more."""

    def __init__(self, hop: Hop, address: str) -> None:
        super().__init__()
        self.address, self.target = address, hop.target
        self.method, self.url, self.body = hop.method, hop.target.url, hop.body
        # http.client writes text as Latin-1; this way UTF-8 goes out, as aiohttp writes it.
        self.headers = CaseInsensitiveDict(
            {name: value.encode().decode("latin-1") for name, value in hop.headers.items()}
        )
        if hop.body is not None:
            self.headers["Content-Length"] = str(len(hop.body))


class _CheckedAdapter(HTTPAdapter):
    """Connects to the address that a request names, under the host's name."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=urllib3.Retry(0, read=False, redirect=0))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = pools(self._context, hosts=HOSTS, connections=CONNECTIONS_PER_HOST)

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> HTTPConnectionPool:
        assert isinstance(request, _Prepared)  # noqa: S101 - nothing else may get out here
        target = request.target
        name = {"server_hostname": target.host} if target.scheme == "https" else {}
        pool: HTTPConnectionPool = self.poolmanager.connection_from_host(
            request.address, target.port, target.scheme, pool_kwargs=name
        )
        return pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """The context of our own does that."""

    def request_url(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> str:
        assert isinstance(request, _Prepared)  # noqa: S101
        return request.target.path


def _read(raw: urllib3.BaseHTTPResponse, limit: int) -> bytes:
    pieces, size = [], 0
    for piece in raw.stream(PIECE_BYTES, decode_content=False):
        size += len(piece)
        if size > limit:
            raise UpstreamTooLarge(f"The service's answer is larger than {limit} bytes. Ask it for less.")
        pieces.append(piece)
    return b"".join(pieces)


def _headers(headers: urllib3.HTTPHeaderDict) -> CIMultiDictProxy[str]:
    # http.client reads bytes as Latin-1; aiohttp keeps those that are no UTF-8 as surrogates.
    pairs = (
        (name, value.strip(" \t").encode("latin-1").decode("utf-8", "surrogateescape"))
        for name, value in headers.iteritems()
    )
    return readable(CIMultiDictProxy(CIMultiDict(pairs)))


def send(request: EgressRequest, *, rules: EgressRules) -> EgressResponse:
    """`Client.send` of this process, made on first use and so after any fork.

    Outside a transaction no connection to the database is held meanwhile: a slow service would use up the pool.
    """
    give_connection_back()
    return _client(os.getpid()).send(request, rules=rules)


@cache
def _client(pid: int) -> Client:
    return Client(proxy=configured_proxy())
