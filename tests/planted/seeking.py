"""Looking for planted secrets, whole or in part, in every form. It shares no code with what should have masked them."""

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import ahocorasick

from tests.planted.plants import PLANTED

PART = 16
"""A longer secret must not even show so much of its beginning or end."""


def needles(secret: str) -> Iterator[str]:
    data = secret.encode()
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1], repr(secret)[1:-1])
    yield str(data)[2:-1]
    yield from (data.hex(), data.hex().upper(), "".join(reversed(secret)))
    for before in range(3):
        # Only the letters that are made of the secret alone, wherever it stands in what was encoded.
        encoded = base64.b64encode(b"\0" * before + data).decode()[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        yield from (encoded, encoded.replace("+", "-").replace("/", "_"))
    if len(secret) > 2 * PART:
        yield from (secret[:PART], secret[-PART:])


class Seeker:
    def __init__(self) -> None:
        self._automaton = ahocorasick.Automaton()
        for name, secret in PLANTED.items():
            for needle in needles(secret):
                # Bytes are read as Latin-1 here, so that nothing is left out that is no text.
                self._automaton.add_word(needle.encode().decode("latin-1"), name)
        self._automaton.make_automaton()

    def leaks(self, places: Iterable[tuple[str, bytes]]) -> list[str]:
        """Where which secret was found, with what stands around it."""
        found: dict[tuple[str, str], str] = {}
        for place, content in places:
            for end, name in self._automaton.iter(content.decode("latin-1")):
                around = content[max(0, end - 120) : end + 40]
                found.setdefault((place, name), f"{place} holds the {name}: {around!r}")
        return list(found.values())
