"""What `up` was asked for."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Options:
    data_dir: Path
    host: str
    # 0 asks for any free port.
    port: int
    # False leaves out the demo upstream, its tool, and the hole in egress for it.
    demo: bool
    # How many web processes share the address.
    workers: int


def parse(arguments: Sequence[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="run.py up", description="Start everything; Ctrl-C stops it.")
    default = os.environ.get("DATA_DIR") or str(BASE_DIR / ".data")
    parser.add_argument("--data-dir", type=Path, default=default, help="where everything is kept (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="the port to listen on (%(default)s)")
    parser.add_argument("--no-demo", action="store_true", help="without the demo upstream and its tool")
    parser.add_argument("--workers", type=_count, default=1, help="web processes (%(default)s)")
    found = parser.parse_args(arguments)
    return Options(
        data_dir=found.data_dir.expanduser().resolve(),
        host=found.host,
        port=found.port,
        demo=not found.no_demo,
        workers=found.workers,
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port; ports are 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 16:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 16")
    return int(text)
