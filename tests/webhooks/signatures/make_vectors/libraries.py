"""The vendors' own libraries, in Python and in JavaScript, and how their versions are told."""

import json
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

PAGE = "made as its page says"


def node(sdks: Path, script: str, **given: Any) -> str:
    """What the script prints, run beside `node_modules`; it has `input`."""
    whole = f"const input = {json.dumps(given)}; const print = text => process.stdout.write(text); {script}"
    command = ["node", "--input-type=module", "-e", whole]
    return subprocess.run(command, cwd=sdks, capture_output=True, check=True, text=True).stdout


def made(library: str) -> str:
    return f"made with {library} {metadata.version(library)}"


def taken(library: str) -> str:
    return f"{PAGE}, and taken by {library} {metadata.version(library)}"


def made_by_npm(sdks: Path, package: str) -> str:
    return f"made with {package} {_npm_version(sdks, package)}"


def taken_by_npm(sdks: Path, package: str) -> str:
    return f"{PAGE}, and taken by {package} {_npm_version(sdks, package)}"


def _npm_version(sdks: Path, package: str) -> str:
    found: str = json.loads((sdks / "node_modules" / package / "package.json").read_text())["version"]
    return found
