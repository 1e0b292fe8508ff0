"""The host: the one process that has the embedding model, answering the others on a unix socket or an address.

It sets up no apps and has no database: with the model not yet loaded it is the smallest process of all.
"""

import argparse
import os
import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from django.conf import settings
from django.utils.log import configure_logging

from config import announce
from config.embedded import addresses
from integrations.embedding.host.app import Host

GRACE_SECONDS = 8
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.config.uds:
            _keep_private(Path(self.config.uds))
        announce.ready()


def main(arguments: Sequence[str] | None = None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    options = _parse(arguments)
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    for name in THREADS:
        # Read by numpy's library when it is loaded. Unbounded, it would take every processor from the others, and
        # where those have something to do be several times as slow itself.
        os.environ.setdefault(name, str(settings.HOST_THREADS))
    config = uvicorn.Config(
        lambda: Host(prewarm=settings.HOST_PREWARM),
        factory=True,
        host=options.host,
        port=options.port,
        uds=None if options.fd is not None or options.host else str(_socket()),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        log_level=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=False,
    )
    sockets = [socket.socket(fileno=options.fd)] if options.fd is not None else None
    # What it makes is for its own user.
    os.umask(0o077)
    Server(config).run(sockets=sockets)


def _socket() -> Path:
    """Where the others look by default. The folder is private."""
    file = addresses.host_socket(settings.DATA_DIR)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return file


def _keep_private(file: Path) -> None:
    """uvicorn opens it to everybody, whatever the umask is; and it asks for no password."""
    file.chmod(0o600)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py host", description=__doc__)
    add_arguments(parser)
    return parser.parse_args(arguments)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="an address to listen on, in place of the unix socket in DATA_DIR")
    parser.add_argument("--port", type=int, default=8001, help="with --host (%(default)s)")
    parser.add_argument("--fd", type=int, help="a listening socket that was inherited, in place of both")


if __name__ == "__main__":
    main()
