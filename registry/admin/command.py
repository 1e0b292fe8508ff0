"""Command lines that people copy from a page into their terminal."""

import json
import shlex
from typing import Any

KEY = "qm_YOUR_KEY"


def curl(url: str, body: Any) -> str:
    """A POST with an agent's key, quoted for a shell."""
    words = [
        *("curl", url),
        *("-H", f"Authorization: Bearer {KEY}"),
        *("-H", "Content-Type: application/json"),
        *("-d", json.dumps(body, ensure_ascii=False)),
    ]
    return shlex.join(words)
