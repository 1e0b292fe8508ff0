"""The operator's proxy: a tunnel to the address that was checked, for both clients.

The proxy is told an address and a port and nothing else (RFC 9110, 9.3.6): it resolves no name, and TLS and HTTP go
through it unread under the host's own name. So the policy holds as it does without one.
"""

import asyncio
import base64
import re
import socket
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

from integrations.errors import UpstreamUnreachable

LONGEST_ANSWER = 16_384
"""Bytes of what the proxy says before the tunnel stands."""

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: |\r)")
_END = b"\r\n\r\n"


class BadProxy(ValueError):
    """EGRESS_PROXY_URL cannot be read; the message says what would be right."""


@dataclass(frozen=True)
class Proxy:
    host: str
    port: int
    login: str = field(default="", repr=False)
    """`user:password`, sent as Basic credentials; empty: none."""


def read_proxy(url: str) -> Proxy | None:
    """None for an empty text: there is no proxy. Raises BadProxy, which does not quote the password."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme != "http" or not host or port is None or parts.path not in ("", "/") or parts.query:
        raise BadProxy("It is not `http://host:port` or `http://user:password@host:port`.")
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return Proxy(host, port, login)


def on_the_way_to(address: str, proxy: Proxy | None) -> Proxy | None:
    """None where none stands between: what this machine calls itself would be the proxy, if it were asked for it."""
    return None if ip_address(address).is_loopback else proxy


def place_of(proxy: Proxy) -> tuple[socket.AddressFamily, Any]:
    """Where a socket connects to, to reach the proxy. Raises OSError."""
    family, *_, place = socket.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)[0]
    return family, place


async def tunnel(proxy: Proxy, address: str, port: int) -> socket.socket:
    """A connection to the address through the proxy, not blocking. Raises OSError, UpstreamUnreachable."""
    loop = asyncio.get_running_loop()
    family, place = await asyncio.to_thread(place_of, proxy)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, place)
        await loop.sock_sendall(sock, _asked(proxy, address, port))
        listening = _listen()
        wanted = next(listening)
        while wanted:
            wanted = listening.send(await loop.sock_recv(sock, wanted))
    except BaseException:
        sock.close()
        raise
    return sock


def open_tunnel(sock: socket.socket, proxy: Proxy, address: str, port: int, *, left: Callable[[], float]) -> None:
    """The same on a blocking socket that is connected to the proxy; `left` says how many seconds there still are."""
    # Whatever a class of our own notes when something is sent: nothing of the request is.
    socket.socket.sendall(sock, _asked(proxy, address, port))
    listening = _listen()
    wanted = next(listening)
    while wanted:
        sock.settimeout(left())
        wanted = listening.send(sock.recv(wanted))


def _asked(proxy: Proxy, address: str, port: int) -> bytes:
    authority = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.login:
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(proxy.login.encode()).decode()}")
    return "\r\n".join([*lines, "", ""]).encode()


def _listen() -> Generator[int, bytes, None]:
    """Yields how many bytes it wants next, 0 when it has heard all; never more than there are before the tunnel.

    What follows the proxy's head belongs to whoever uses the tunnel, so the end is read a byte at a time.
    """
    heard = b""
    while not heard.endswith(_END):
        said = yield _missing(heard)
        if not said or len(heard) > LONGEST_ANSWER:
            raise UpstreamUnreachable("The operator's proxy hung up or does not speak HTTP.", sent=False)
        heard += said
    status = _STATUS.match(heard)
    if status is None or not 200 <= int(status[1]) < 300:
        said_status = status[1].decode() if status else "no status"
        raise UpstreamUnreachable(f"The operator's proxy opens no way to the service ({said_status}).", sent=False)
    yield 0


def _missing(heard: bytes) -> int:
    """The fewest bytes that can still be missing to the end of the head."""
    return next(len(_END) - length for length in range(len(_END) - 1, -1, -1) if heard.endswith(_END[:length]))
