"""The one-shot child between the servers and the application: checks, migrations, first data."""

import json
import os
from typing import Any

from config.embedded import folders
from config.supervisor.errors import CannotStart
from config.supervisor.services import Process, Surroundings
from config.supervisor.signals import Signals


def prepare(around: Surroundings, signals: Signals) -> dict[str, Any]:
    """Run `manage.py prepare` and give back what it found and made."""
    reading, writing = os.pipe()
    try:
        process = around.python("prepare", ("manage.py", "prepare", "--result-fd", str(writing)), fds=[writing])
    finally:
        os.close(writing)
    with os.fdopen(reading, "rb") as result:
        while process.poll() is None:
            signals.wait(0.05)
            if signals.stop_is_urgent:
                process.kill()
        return _read(result.read(), process, around)


def _read(written: bytes, process: Process, around: Surroundings) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written) if written else {}
    if found.get("problems"):
        raise CannotStart("\n\n".join(found["problems"]))
    if process.returncode != 0:
        log = folders.log_file(around.data_dir, "prepare")
        raise CannotStart(f"The database could not be prepared. The end of {log}:\n{folders.last_lines(log)}")
    return found
