"""An upstream that answers in parts, each when the test says so, and notices when nobody listens any more."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.integrations.egress.upstreams import Peer, Upstream, upstream

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n"
PATIENCE_SECONDS = 20


@dataclass
class Script:
    """What the upstream does next: `parts` go out one by one, each behind its own gate."""

    content_type: str = "text/event-stream"
    parts: list[bytes] = field(default_factory=list)
    gates: list[threading.Event] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    hung_up: threading.Event = field(default_factory=threading.Event)
    ends: bool = True
    """Whether the body ends as it should after the last part."""

    def will_send(self, *parts: bytes, content_type: str = "text/event-stream", ends: bool = True) -> None:
        self.content_type, self.parts, self.ends = content_type, list(parts), ends
        self.gates = [threading.Event() for _ in parts]

    def let_go(self, *indexes: int) -> None:
        for index in indexes or range(len(self.gates)):
            self.gates[index].set()

    def answer(self, peer: Peer) -> None:
        self.arrived.set()
        watching = threading.Thread(target=self._watch, args=(peer.connection,), daemon=True)
        watching.start()
        for number, (part, gate) in enumerate(zip(self.parts, self.gates, strict=True)):
            if not gate.wait(PATIENCE_SECONDS):
                return
            if number == 0:
                peer.raw(HEAD.format(self.content_type).encode())
            peer.raw(chunked(part))
        if self.ends:
            peer.raw(b"0\r\n\r\n")
            watching.join(PATIENCE_SECONDS)
        else:
            peer.connection.shutdown(socket.SHUT_RDWR)

    def _watch(self, connection: socket.socket) -> None:
        """The service hears that its client has closed the connection, also while it has nothing to say."""
        try:
            heard = connection.recv(1, socket.MSG_PEEK)
        except OSError:
            heard = b""
        if not heard:
            self.hung_up.set()


def chunked(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


@contextmanager
def scripted() -> Iterator[tuple[Upstream, Script]]:
    script = Script()
    with upstream({"/": script.answer}) as server:
        try:
            yield server, script
        finally:
            script.let_go()
