"""What the blocking way out is made of below requests: connections to addresses only, on a clock, and strict.

urllib3 knows a timeout for each read, which a service that drips its answer never reaches; here every read and write
gets what is left of the call's time. And http.client takes heads that aiohttp refuses.
"""

import http.client
import re
import socket
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from io import BufferedReader
from time import monotonic
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from integrations.egress.messages import LONGEST_HEADER, MOST_EARLY_ANSWERS, MOST_HEADERS
from integrations.egress.proxies import Proxy, on_the_way_to, open_tunnel, place_of

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass
class Call:
    """The call that this thread is making."""

    deadline: float
    proxy: Proxy | None = None
    patience: float = 0.0
    """How long one connection may take."""
    sent: bool = False
    connected: bool = False
    """The connection was made for this request; otherwise it was kept alive by an earlier one."""

    @property
    def left(self) -> float:
        """Raises TimeoutError when nothing is left."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


call: ContextVar[Call] = ContextVar("egress_call")


class _Socket(socket.socket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(call.get().left)
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(call.get().left)
        call.get().sent = True
        super().sendall(*args, **kwargs)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(call.get().left)
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(call.get().left)
        call.get().sent = True
        return super().send(*args, **kwargs)


def on_a_clock(context: ssl.SSLContext) -> ssl.SSLContext:
    context.sslsocket_class = _TlsSocket
    return context


def _connect(connection: HTTPConnection) -> socket.socket:
    """To the address, or to the proxy and through it."""
    this, address = call.get(), connection._dns_host
    proxy = on_the_way_to(address, this.proxy)
    this.connected = True
    patience = Call(monotonic() + min(this.patience, this.left))
    family, place = socket.AF_INET6 if ":" in address else socket.AF_INET, (address, connection.port)
    if proxy:
        family, place = place_of(proxy)
    sock = _Socket(family, socket.SOCK_STREAM)
    try:
        # The TLS handshake has this timeout, too.
        sock.settimeout(patience.left)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect(place)
        if proxy:
            open_tunnel(sock, proxy, address, connection.port, left=lambda: patience.left)
    except TimeoutError as error:
        sock.close()
        raise ConnectTimeoutError(connection, "The address took no connection in time.") from error
    except BaseException:
        sock.close()
        raise
    return sock


class _Head:
    """Remembers how it ended: for http.client, the end of the connection ends a head, too."""

    def __init__(self, connection: BufferedReader) -> None:
        self._connection = connection
        self.last_line = b""

    def readline(self, most: int = -1) -> bytes:
        self.last_line = self._connection.readline(most)
        return self.last_line

    def close(self) -> None:
        self._connection.close()


class StrictResponse(http.client.HTTPResponse):
    """Refuses the heads that two readers could read differently, as aiohttp does."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_EARLY_ANSWERS + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not HTTPStatus.SWITCHING_PROTOCOLS < status < HTTPStatus.OK:
                return version, status, reason
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("too many early answers")

    def begin(self) -> None:
        connection = self.fp
        self.fp = head = _Head(connection)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            if self.fp is not None:
                self.fp = connection
        if head.last_line not in (b"\r\n", b"\n"):
            raise http.client.HTTPException("a head without an end")
        headers = self.headers
        lengths = set(headers.get_all("Content-Length", []))
        if headers.defects or len(headers) > MOST_HEADERS or not all(map(_is_sound, headers.items())):
            raise http.client.HTTPException("malformed headers")
        if len(lengths) > 1 or not all(length.isascii() and length.isdigit() for length in lengths):
            raise http.client.HTTPException("no one length")
        if lengths and "Transfer-Encoding" in headers:
            raise http.client.HTTPException("two framings")


def _is_sound(header: tuple[str, str]) -> bool:
    name, value = header
    return bool(_NAME.fullmatch(name) and _VALUE.fullmatch(value) and len(name) + len(value) <= LONGEST_HEADER)


class _Connection(HTTPConnection):
    response_class = StrictResponse

    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _TlsConnection(HTTPSConnection):
    response_class = StrictResponse

    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def pools(context: ssl.SSLContext, *, hosts: int, connections: int) -> urllib3.PoolManager:
    """Connections by address, and for TLS by the host's name."""
    manager = urllib3.PoolManager(num_pools=hosts, maxsize=connections, ssl_context=on_a_clock(context))
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager
