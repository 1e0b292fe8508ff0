"""The listening sockets. The supervisor opens them, so that a child's restart keeps callers waiting, not refused."""

import errno
import select
import socket
from pathlib import Path

from config.supervisor.errors import CannotStart

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, or a sentence that says why not."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, OverflowError) as error:
        raise CannotStart(f"--host {host} --port {port} is no address of this machine: {error}") from None
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotStart(_why(error, host, port)) from None
    return listening


def listen_as_before(remembered: Path) -> socket.socket:
    """A socket on a free loopback port: the one of the last start, as long as nobody else took it."""
    kept = remembered.read_text().strip() if remembered.exists() else ""
    try:
        port = int(kept) if kept.isdecimal() else 0
        listening = listen("127.0.0.1", port)
    except CannotStart:
        listening = listen("127.0.0.1", 0)
    remembered.write_text(str(listening.getsockname()[1]))
    return listening


def listen_at(file: Path) -> socket.socket:
    """A unix socket there. One that an earlier start left is removed: a lock says that nobody else listens."""
    file.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(file))
    file.chmod(0o600)
    listening.listen(BACKLOG)
    return listening


def somebody_calls(listening: socket.socket) -> bool:
    """Whether a connection waits to be taken."""
    return bool(select.select([listening], [], [], 0)[0])


def address_of(listening: socket.socket) -> str:
    """What to type into a browser on this machine."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - translated, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program. Choose another one: --port {port + 1 if port < 65535 else 8000}"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for root. Choose one above 1023, such as --port 8000."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Choose another --host, such as 127.0.0.1."
    return f"Nothing can listen on {host} port {port}: {error.strerror}."
