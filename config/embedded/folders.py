"""The private folders that the embedded servers live in, and the logs that they write."""

import os
import stat
from pathlib import Path

from config.embedded import addresses
from config.embedded.errors import EmbeddedServerError

LONGEST_LOG_BYTES = 5_000_000


def make_private(folder: Path) -> Path:
    """The folder, made if missing; refused unless it is ours alone: sockets in it ask for no password."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EmbeddedServerError(f"{folder} belongs to somebody else. Remove it, or choose another DATA_DIR.")
    folder.chmod(0o700)
    return folder


def make_socket_folder(data_dir: Path) -> Path:
    make_private(data_dir)
    return make_private(addresses.socket_folder(data_dir))


def log_file(data_dir: Path, name: str) -> Path:
    """`DATA_DIR/log/<name>.log`; a long one is moved aside first, so that logs do not grow for ever."""
    file = make_private(data_dir / "log") / f"{name}.log"
    if file.exists() and file.stat().st_size > LONGEST_LOG_BYTES:
        file.replace(file.with_suffix(".log.1"))
    return file


def last_lines(file: Path, count: int = 15) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-count:]) if file.exists() else ""
