"""The web process: uvicorn serving `config.asgi`, on a socket that the supervisor keeps open across restarts."""

import argparse
import gc
import importlib
import os
import socket
import sys
from collections.abc import Sequence

import uvicorn
from django.urls import resolve
from django.utils.module_loading import import_string

from config import announce

# Long enough for an execution that waits for its upstream; short enough for a person who pressed Ctrl-C.
GRACE_SECONDS = 8


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _set_aside_what_stays()
        import_string("accounts.pulse.begin")()  # by its name: it needs the settings
        announce.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await import_string("config.closing.begin")()  # by its name: it needs the models
        await super().shutdown(sockets)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parse(arguments)
    if options.cpu is not None:
        _stay_on(options.cpu)
    if options.gate is not None:
        _load_while_waiting(options.gate)
    config = uvicorn.Config(
        "config.asgi:application",
        host=options.host,
        port=options.port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=16_384,  # a client of the live socket has nothing to say but a ping
        log_config=None,  # Django's: its formatters mask secrets, also in tracebacks
        log_level=None,  # LOG_LEVEL, as Django's says
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        proxy_headers=False,
    )
    sockets = [socket.socket(fileno=options.fd)] if options.fd is not None else None
    Server(config).run(sockets=sockets)


def _set_aside_what_stays() -> None:
    """Modules, models and addresses live as long as the process: a collection that looks through them all finds
    nothing and keeps every call waiting meanwhile (0.1 s, measured with a hundred calls at once).
    """
    resolve("/healthz")  # which imports all pages and doors
    gc.collect()
    gc.freeze()


def _stay_on(cpu: int) -> None:
    """One interpreter runs one thread at a time: with its threads on two processors it mostly moves caches about.

    Measured on two processors: a third less CPU per execution. Linux only; elsewhere nothing.
    """
    if hasattr(os, "sched_setaffinity"):
        try:
            os.sched_setaffinity(0, {cpu})
        except OSError as error:
            sys.exit(f"There is no processor {cpu} for this process ({error.strerror}). Leave --cpu out.")


def _load_while_waiting(gate: int) -> None:
    """Import everything at once, while others make the database ready; serve when they are."""
    importlib.import_module("config.asgi")
    if os.read(gate, 1) == b"":
        sys.exit("The start was given up.")
    os.close(gate)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="config.web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="a listening socket that was inherited, instead of host and port")
    parser.add_argument("--cpu", type=int, help="the processor to stay on; left out, the kernel chooses")
    parser.add_argument("--gate", type=int, help="a pipe that was inherited: a byte in it means go, its end means stop")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
