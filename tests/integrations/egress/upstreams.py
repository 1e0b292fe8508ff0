"""Real local servers that behave and misbehave, one raw behaviour per path."""

import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from io import BufferedReader

Behaviour = Callable[["Peer"], bool | None]
"""Answers one request on the connection; returns True when the connection may serve another."""


@dataclass
class Peer:
    """One connection, and the request on it that is to be answered."""

    connection: socket.socket
    upstream: "Upstream"
    head: str = ""
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.head.split(" ")[1]

    def answer(self, body: bytes = b"", status: str = "200 OK", **headers: str) -> bool:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return True

    def raw(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """Close so that the other side sees a reset and not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


@dataclass
class Upstream:
    """A server on a port of its own. `seen` has the head of each request, `bodies` what came with it."""

    listener: socket.socket
    behaviours: dict[str, Behaviour]
    tls: ssl.SSLContext | None = None
    seen: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    open: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def address(self) -> str:
        return str(self.listener.getsockname()[0])

    @property
    def allowed(self) -> str:
        """The entry of EGRESS_ALLOW_NETWORKS that allows exactly this server."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"

    def url(self, path: str = "/", host: str | None = None) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host or self.address}:{self.port}{path}"

    def serve(self) -> None:
        while not self.stop.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(connection)
            thread = threading.Thread(target=self._converse, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def _converse(self, connection: socket.socket) -> None:
        # The client hangs up, which is often what a test is about.
        with suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            with connection, connection.makefile("rb") as lines:
                while self._answer_one(Peer(connection, self), lines):
                    pass

    def _answer_one(self, peer: Peer, lines: BufferedReader) -> bool | None:
        if lines.peek(1)[:1] == b"\x16":
            peer.raw(b"HTTP/1.1 400 This is not TLS\r\n\r\n")
            return False
        head = []
        while (line := lines.readline()) not in (b"\r\n", b""):
            head.append(line.decode("latin-1").rstrip("\r\n"))
        if not head:
            return False
        peer.head = "\n".join(head)
        length = next((h.split(":")[1] for h in head if h.lower().startswith("content-length:")), "0")
        peer.body = lines.read(int(length))
        self.seen.append(peer.head)
        self.bodies.append(peer.body)
        return self.behaviours[peer.path.partition("?")[0]](peer)


@contextmanager
def upstream(
    behaviours: dict[str, Behaviour],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Upstream]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        server = Upstream(listener, behaviours, tls)
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield server
        finally:
            server.stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in server.open:
                _shut(connection)
            for conversation in server.threads:
                conversation.join()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


# --- How a service behaves, or does not ---


def echo(peer: Peer) -> bool:
    return peer.answer(peer.body or peer.head.encode(), Content_Type="text/plain", X_Who="echo")


def hang(peer: Peer) -> None:
    peer.upstream.stop.wait(30)


def drip_head(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not peer.upstream.stop.wait(0.02):
        peer.raw(b"z")


def drip_body(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not peer.upstream.stop.wait(0.02):
        peer.raw(b"z")


def close_at_once(peer: Peer) -> None:
    """Hang up without a word."""


def reset_in_body(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    peer.upstream.stop.wait(0.05)
    peer.reset()


def promise_more(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")


def cut_chunks(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")


def bad_chunks(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")


def no_length(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\n\r\nuntil the end")


def reset_without_length(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
    peer.upstream.stop.wait(0.05)
    peer.reset()


def not_http(peer: Peer) -> None:
    peer.raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


def two_lengths(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello")


def length_and_chunks(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")


def negative_length(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello")


def header_without_colon(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nThis is no header\r\nContent-Length: 2\r\n\r\nok")


def header_with_nul(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nX-Odd: a\x00b\r\nContent-Length: 2\r\n\r\nok")


def header_name_with_space(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nX Odd: a\r\nContent-Length: 2\r\n\r\nok")


def long_header(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"z" * 20_000 + b"\r\nContent-Length: 2\r\n\r\nok")


def many_headers(peer: Peer) -> None:
    many = b"".join(b"X-%d: z\r\n" % number for number in range(200))
    peer.raw(b"HTTP/1.1 200 OK\r\n" + many + b"Content-Length: 2\r\n\r\nok")


def ten_megabytes(peer: Peer) -> bool:
    return peer.answer(b"z" * 10_000_000)


def endless(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not peer.upstream.stop.is_set():
        peer.raw(b"10000\r\n" + b"z" * 65536 + b"\r\n")


def gzipped(peer: Peer) -> bool:
    return peer.answer(gzip.compress(b"unpacked"), Content_Encoding="gzip")


def gzip_bomb(peer: Peer) -> bool:
    return peer.answer(packed_zeros(50_000_000), Content_Encoding="gzip")


def gzip_damaged(peer: Peer) -> bool:
    return peer.answer(b"\x1f\x8b\x08 no gzip at all", Content_Encoding="gzip")


def gzip_cut(peer: Peer) -> bool:
    return peer.answer(gzip.compress(b"unpacked" * 100)[:-9], Content_Encoding="gzip")


def not_asked_encoding(peer: Peer) -> bool:
    return peer.answer(b"??", Content_Encoding="br")


def zstd(peer: Peer) -> bool:
    return peer.answer(b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00", Content_Encoding="zstd")


@cache
def packed_zeros(count: int) -> bytes:
    return gzip.compress(bytes(count))


def nested_gzip_bomb(peer: Peer) -> bool:
    return peer.answer(gzip.compress(packed_zeros(50_000_000)), Content_Encoding="gzip, gzip")


def deflate_bomb(peer: Peer) -> bool:
    # Gzip's body is the bare deflated stream between a head of ten bytes and a checksum with the length.
    return peer.answer(packed_zeros(50_000_000)[10:-8], Content_Encoding="deflate")


def promise_less(peer: Peer) -> bool:
    """The rest would be the beginning of the next answer on this connection."""
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n")
    return True


def answer_twice(peer: Peer) -> bool:
    """Whoever calls next on this connection would be told the second answer."""
    one = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
    peer.raw(one % (9, b"asked for") + one % (8, b"smuggled"))
    return True


def close_before_body(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")


def hang_in_body(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    peer.upstream.stop.wait(30)


def reset_at_once(peer: Peer) -> None:
    peer.reset()


def endless_header(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not peer.upstream.stop.is_set():
        peer.raw(b"z" * 65536)


def endless_headers(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\n")
    while not peer.upstream.stop.is_set():
        peer.raw(b"X-More: z\r\n" * 1000)


def huge_chunk(peer: Peer) -> None:
    """A chunk's size that no body has, and no end of its line."""
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 60_000)
    peer.upstream.stop.wait(30)


def endless_chunk_extension(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;")
    while not peer.upstream.stop.is_set():
        peer.raw(b"z" * 65536)


def endless_trailers(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")
    while not peer.upstream.stop.is_set():
        peer.raw(b"X-More: z\r\n" * 1000)


def broken_utf8(peer: Peer) -> bool:
    return peer.answer(b'{"name": "Zo\xff"}', Content_Type="application/json")


def no_json(peer: Peer) -> bool:
    return peer.answer(b"<html>Welcome</html>", Content_Type="application/json")


def half_a_pair(peer: Peer) -> bool:
    return peer.answer(b'{"name": "\\ud800"}', Content_Type="application/json")


def deep_json(peer: Peer) -> bool:
    return peer.answer(b"[" * 100_000 + b"]" * 100_000, Content_Type="application/json")


def not_a_number(peer: Peer) -> bool:
    return peer.answer(b'{"n": NaN}', Content_Type="application/json")


def half_a_pair_in_utf7(peer: Peer) -> bool:
    return peer.answer(b"+2AA-", Content_Type="text/plain; charset=utf-7")


def failure_that_says_ok(peer: Peer) -> bool:
    return peer.answer(b'{"ok": false, "error": {"code": "no_such_channel"}}', Content_Type="application/json")


def latin_header(peer: Peer) -> bool:
    peer.raw("HTTP/1.1 200 OK\r\nX-Name: Zoë \r\nX-Utf: ".encode("latin-1"))
    peer.raw("Zoë".encode() + b"\r\nContent-Length: 2\r\n\r\nok")
    return True


def two_cookies(peer: Peer) -> bool:
    peer.raw(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok")
    return True


def missing(peer: Peer) -> bool:
    return peer.answer(b'{"error": "no such thing"}', "404 Not Found")


def no_content(peer: Peer) -> bool:
    peer.raw(b"HTTP/1.1 204 No Content\r\n\r\n")
    return True


def early_hints(peer: Peer) -> bool:
    peer.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
    return peer.answer(b"after the hints")


def endless_hints(peer: Peer) -> None:
    while not peer.upstream.stop.is_set():
        peer.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100)


def drip_hints(peer: Peer) -> None:
    """Fewer early answers than are too many, and then one that never ends."""
    peer.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 5 + b"HTTP/1.1 103 Early Hints\r\nX-Slow: ")
    while not peer.upstream.stop.wait(0.02):
        peer.raw(b"z")


def fat_head(peer: Peer) -> None:
    """Neither too many headers nor one that is too long."""
    fat = b"".join(b"X-%d: %s\r\n" % (number, b"z" * 1000) for number in range(70))
    peer.raw(b"HTTP/1.1 200 OK\r\n" + fat + b"Content-Length: 2\r\n\r\nok")


def gzip_of_nothings(peer: Peer) -> bool:
    """Hardly any bytes in very many parts."""
    return peer.answer(gzip.compress(b"") * 20_000, Content_Encoding="gzip")


def echo_as_status(peer: Peer) -> None:
    peer.raw(peer.head.replace("\n", " ").encode() + b"\r\n\r\n")


def echo_as_header(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 200 OK\r\n" + peer.head.replace(":", " ").replace("\n", " ").encode() + b"\r\n\r\n")


def echo_as_chunk(peer: Peer) -> None:
    head = peer.head.replace("\n", " ").encode()
    peer.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + head + b"\r\n\r\n")


def hang_up_on(peer: Peer) -> None:
    """Close in the middle of the head."""
    peer.raw(b"HTTP/1.1 200 OK\r\nX-Cut: ")


def redirect(location: str, status: int = 302) -> Behaviour:
    def behave(peer: Peer) -> bool:
        return peer.answer(b"elsewhere", f"{status} Elsewhere", Location=location)

    return behave


BEHAVIOURS: dict[str, Behaviour] = {
    "/": echo,
    **{
        f"/{behaviour.__name__.replace('_', '-')}": behaviour
        for behaviour in (
            *(echo, hang, drip_head, drip_body, close_at_once, reset_in_body, promise_more, cut_chunks),
            *(bad_chunks, no_length, reset_without_length, not_http, two_lengths, length_and_chunks, negative_length),
            *(header_without_colon, header_with_nul, header_name_with_space, long_header, many_headers),
            *(ten_megabytes, endless, gzipped, gzip_bomb, gzip_damaged, gzip_cut, not_asked_encoding),
            *(latin_header, two_cookies, missing, no_content, early_hints, endless_hints),
            *(zstd, nested_gzip_bomb, deflate_bomb, promise_less, answer_twice, close_before_body, hang_in_body),
            *(reset_at_once, endless_header, endless_headers, huge_chunk, endless_chunk_extension, endless_trailers),
            *(drip_hints, fat_head, gzip_of_nothings, echo_as_status, echo_as_header, echo_as_chunk, hang_up_on),
            *(broken_utf8, no_json, half_a_pair, deep_json, not_a_number, half_a_pair_in_utf7, failure_that_says_ok),
        )
    },
}
