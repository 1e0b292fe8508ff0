"""Looking for planted secrets, whole or in part, in every form. It shares no code with what should have masked them."""

import base64
import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

import ahocorasick

from tests.planted.plants import CONTROL, PLANTED

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


@dataclass
class Found:
    looked_through: Counter[str] = field(default_factory=Counter)
    """Bytes, by the kind of place: the first word of what it is called."""
    controls: set[str] = field(default_factory=set)
    """Kinds of places where the search found what it has to find."""
    leaks: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where which secret was found, with what stands around it."""


class Seeker:
    """Looks for everything that was planted, and `more`; and for what is no secret, which has to be found."""

    def __init__(self, more: Mapping[str, str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for name, secret in {**PLANTED, **more}.items():
            for needle in needles(secret):
                # Bytes are read as Latin-1 here, so that nothing is left out that is no text.
                self._automaton.add_word(needle.encode().decode("latin-1"), name)
        self._automaton.add_word(CONTROL, CONTROL)
        self._automaton.make_automaton()

    def look_through(self, places: Iterable[tuple[str, bytes]]) -> Found:
        found = Found()
        for place, content in places:
            kind = place.partition(" ")[0]
            found.looked_through[kind] += len(content)
            for end, name in self._automaton.iter(content.decode("latin-1")):
                if name == CONTROL:
                    found.controls.add(kind)
                else:
                    around = content[max(0, end - 120) : end + 40]
                    found.leaks.setdefault((place, name), f"{place} holds the {name}: {around!r}")
        return found
