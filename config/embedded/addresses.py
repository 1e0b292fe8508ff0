"""Where the embedded servers are found: a function of DATA_DIR alone, so that every process agrees."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

# A unix socket's path may have 107 bytes; PostgreSQL adds `/.s.PGSQL.5432` to the folder.
LONGEST_SOCKET_FOLDER = 90
# Not TMPDIR or XDG_RUNTIME_DIR: those differ between a terminal, cron and a service, and all must meet here.
SHORT_BASE = Path("/tmp")  # noqa: S108 - the launcher refuses a folder that is not private and ours


def socket_folder(data_dir: Path) -> Path:
    """`DATA_DIR/run`, or a short private folder elsewhere when that path is too long for a socket."""
    near = data_dir / "run"
    if len(os.fsencode(near)) <= LONGEST_SOCKET_FOLDER:
        return near
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return SHORT_BASE / f"quartermaster-{os.getuid()}-{name}"


def database_url(data_dir: Path, role: str, database: str = "quartermaster") -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket_folder(data_dir)))}"


def redis_url(data_dir: Path) -> str:
    return f"unix://{socket_folder(data_dir) / 'valkey.sock'}"
