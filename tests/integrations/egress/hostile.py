"""The table of hostile URLs, `hostile_urls.txt`, as values."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("hostile_urls.txt")

_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|(?P<sign>[tnr0\\]))")
_SIGNS = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "\\": "\\"}
_HOST = re.compile(r"[a-z]+://([^/:?#]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Hostile:
    group: str
    url: str
    """With PORT where the port of a service on this machine goes."""
    addresses: tuple[str, ...]
    """What the name server says, whichever way the host is spelled."""

    def at(self, port: int) -> str:
        return self.url.replace("PORT", str(port))


def hostile_urls() -> Iterator[Hostile]:
    group = ""
    for line in TABLE.read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            group = line.removeprefix("# ")
        elif line:
            url, _, addresses = line.partition(" => ")
            yield Hostile(group, _ESCAPE.sub(_sign, url), tuple(addresses.split()))


def _sign(match: re.Match[str]) -> str:
    return chr(int(match["code"], 16)) if match["code"] else _SIGNS[match["sign"]]
