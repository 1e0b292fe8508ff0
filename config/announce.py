"""How a process that `up` started says that it is ready: it writes its pid into the file it was told."""

import os
from pathlib import Path

VARIABLE = "READY_FILE"


def ready() -> None:
    """Say that this process does its work from now on. Nothing happens when nobody asked."""
    if VARIABLE in os.environ:
        Path(os.environ[VARIABLE]).write_text(str(os.getpid()))


def is_ready(file: Path, pid: int) -> bool:
    return file.exists() and file.read_text() == str(pid)
