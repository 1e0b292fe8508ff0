"""Where the embedded servers are found: a function of DATA_DIR alone, so that every process agrees."""

import hashlib
import os
import re
from pathlib import Path

# A unix socket's path may have 107 bytes; PostgreSQL adds `/.s.PGSQL.5432` to the folder.
LONGEST_SOCKET_FOLDER = 90
# A comma would be two hosts to libpq, a question mark the end of a URL's path.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
# Not TMPDIR or XDG_RUNTIME_DIR: those differ between a terminal, cron and a service, and all must meet here.
SHORT_BASE = Path("/tmp")  # noqa: S108 - the launcher refuses a folder that is not private and ours


def socket_folder(data_dir: Path) -> Path:
    """`DATA_DIR/run`, or a short private folder elsewhere when a socket or its URL cannot have that path."""
    near = data_dir / "run"
    if len(os.fsencode(near)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(near)):
        return near
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return SHORT_BASE / f"quartermaster-{os.getuid()}-{name}"


def database_url(data_dir: Path, role: str, database: str = "quartermaster") -> str:
    return f"postgresql://{role}@/{database}?host={socket_folder(data_dir)}"


def redis_url(data_dir: Path) -> str:
    return f"unix://{socket_folder(data_dir) / 'valkey.sock'}"


def host_url(data_dir: Path) -> str:
    return f"unix://{host_socket(data_dir)}"


def host_socket(data_dir: Path) -> Path:
    return socket_folder(data_dir) / "host.sock"
