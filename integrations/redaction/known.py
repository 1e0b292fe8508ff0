"""Secrets whose values are known, in all the forms in which they travel."""

import base64
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from urllib.parse import quote, quote_plus

from integrations.redaction.detectors import Span

SHORTEST = 4
"""A shorter value is not looked for: it would be found in everything."""
_ALONE_BELOW = 8
_SHORTEST_ENCODED = 8


class KnownSecrets:
    """A detector of given values. It never builds a regular expression: `re` would keep the secrets in its cache."""

    kind = "secret"
    anchors = ()

    def __init__(self, values: Sequence[str]) -> None:
        self.values = tuple(value for value in values if len(value) >= SHORTEST)

    def __bool__(self) -> bool:
        return bool(self.values)

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """The longest first, so that no shorter one cuts into it."""
        found = {form for value in self.values for form in _forms(value)}
        return tuple(sorted(found, key=lambda form: (-len(form), form)))

    @cached_property
    def longest(self) -> int:
        return len(self.forms[0]) if self.forms else 0

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        found = [span for form in self.forms for span in _occurrences(text, form, start)]
        yield from sorted(found)

    def open_from(self, text: str, start: int, since: int) -> int:
        return min((_begun(text, form, since) for form in self.forms), default=len(text))


def _occurrences(text: str, form: str, start: int) -> Iterator[Span]:
    while (start := text.find(form, start)) >= 0:
        end = start + len(form)
        if len(form) >= _ALONE_BELOW or not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
            yield Span(start, end, KnownSecrets.kind)
        start = end


def _begun(text: str, form: str, since: int) -> int:
    """Where the form begins to stand at the text's end; a short one is also looked at with what follows it."""
    at = max(since, len(text) - len(form) + (len(form) >= _ALONE_BELOW))
    while (at := text.find(form[0], at)) >= 0:
        if form.startswith(text[at:]):
            return at
        at += 1
    return len(text)


def _forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    yield value
    yield from (quote(data, safe=""), quote(data), quote_plus(data), json.dumps(value)[1:-1])
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    if len(data) >= SHORTEST:
        yield from _in_base64(data)
    if len(data.hex()) >= _SHORTEST_ENCODED:
        yield from (data.hex(), data.hex().upper())


def _in_base64(data: bytes) -> Iterator[str]:
    """The letters that the value makes wherever it begins within what was encoded: they come in three alignments."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        whole = (before + len(data)) * 8 // 6
        middle = encoded[-(-before * 8 // 6) : whole]
        if len(middle) >= _SHORTEST_ENCODED:
            yield from (middle, middle.replace("+", "-").replace("/", "_"))
    for encoded in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        yield from (encoded, encoded.rstrip("="))
