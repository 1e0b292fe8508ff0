"""Secrets whose values are known, in all the forms in which they travel."""

import base64
import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

import ahocorasick

from integrations.redaction.detectors import Span

SHORTEST = 4
"""A shorter value is not looked for: it would be found in everything."""
_ALONE_BELOW = 8
"""A shorter form counts only where no letter or digit touches it."""
_ENCODED_FROM = 6
"""A shorter value is not looked for in encodings: what it makes there is no more than a syllable."""
_LONGEST_WORD = 4_096
"""Of a longer form the automaton knows the beginning. It calls itself once for each letter of a word, and threads have
little stack on some systems: where that runs out, the process is gone."""

_NEVER_ESCAPED = re.compile(r"[A-Za-z0-9_.~-]+")
_ESCAPED = re.compile("(?:%[0-9A-F]{2})+")
_NOT_IN_SCRIPTS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
_NOT_IN_SCRIPTS_AND_QUOTES = {**_NOT_IN_SCRIPTS, ord("'"): "\\u0027"}


class KnownSecrets:
    """A detector of given values: one pass over the text, however many there are.

    Whoever uses the same values again keeps it: building it costs some microseconds for each. It makes no regular
    expression, since `re` would keep the secrets in its cache.
    """

    kind = "secret"
    anchors = ()

    def __init__(self, values: Sequence[str] = ()) -> None:
        self.values = frozenset(value for value in values if len(value) >= SHORTEST)

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def longest(self) -> int:
        """How many letters the longest form has."""
        return max(map(len, self._forms), default=0)

    def find(self, text: str, start: int = 0) -> Iterator[Span]:
        if not self.values:
            return
        for last, size in self._automaton.iter(text, start):
            end = last + 1
            first = end - size
            if size == _LONGEST_WORD:
                yield from self._find_long(text, first)
            elif size >= _ALONE_BELOW or not (text[first - 1 : first].isalnum() or text[end : end + 1].isalnum()):
                yield Span(first, end, self.kind)

    def _find_long(self, text: str, first: int) -> Iterator[Span]:
        for form in self._long[text[first : first + _LONGEST_WORD]]:
            if text.startswith(form, first):
                yield Span(first, first + len(form), self.kind)

    def open_from(self, text: str, start: int, since: int) -> int:
        if not self.values:
            return len(text)
        for at in range(max(since, len(text) - self.longest), len(text)):
            if text[at] in self._first_letters and self._is_begun(text[at:]):
                return at
        return len(text)

    def is_one(self, number: float) -> bool:
        """Whether a number, as it is written, is one of the values."""
        return bool(self.values) and str(number) in self.values

    def _is_begun(self, tail: str) -> bool:
        """Also when it is a whole one, if what follows says whether it counts."""
        length: int = self._automaton.longest_prefix(tail)
        if length == _LONGEST_WORD:
            return any(form != tail and form.startswith(tail) for form in self._long[tail[:length]])
        return length == len(tail) and (length < _ALONE_BELOW or tail not in self._forms)

    @cached_property
    def _forms(self) -> frozenset[str]:
        return frozenset(form for value in self.values for form in _forms(value))

    @cached_property
    def _long(self) -> Mapping[str, Sequence[str]]:
        """By their beginning, the forms that are no shorter than a word may be."""
        found = defaultdict(list)
        for form in self._forms:
            if len(form) >= _LONGEST_WORD:
                found[form[:_LONGEST_WORD]].append(form)
        return found

    @cached_property
    def _first_letters(self) -> frozenset[str]:
        return frozenset(form[0] for form in self._forms)

    @cached_property
    def _automaton(self) -> Any:
        automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
        for form in self._forms:
            automaton.add_word(form[:_LONGEST_WORD])
        automaton.make_automaton()
        return automaton


def _forms(value: str) -> Iterator[str]:
    data = value.encode("utf-8", "surrogatepass")
    yield value
    if not _NEVER_ESCAPED.fullmatch(value):
        yield from _in_urls(data)
        yield from _in_json(value)
        yield from _in_html(value)
    if len(data) >= _ENCODED_FROM:
        yield from _in_base64(data)
        yield from (data.hex(), data.hex().upper())


def _in_urls(data: bytes) -> Iterator[str]:
    """As a value, as a path, as JavaScript writes it, as in a form; twice, and with small letters."""
    once = (quote(data, safe=""), quote(data), quote(data, safe="!'()*"), quote_plus(data))
    for form in (*once, quote(once[0], safe="")):
        yield from (form, _ESCAPED.sub(lambda match: match[0].lower(), form))


def _in_json(value: str) -> Iterator[str]:
    """Some escape slashes (PHP), some what would end a script in HTML (Go, Django)."""
    for only_ascii in (True, False):
        form = json.dumps(value, ensure_ascii=only_ascii)[1:-1]
        yield from (form, form.replace("/", "\\/"), form.translate(_NOT_IN_SCRIPTS), json.dumps(form)[1:-1])
        yield form.translate(_NOT_IN_SCRIPTS_AND_QUOTES)


def _in_html(value: str) -> Iterator[str]:
    """A quotation mark has several names, and need not be escaped in text."""
    yield html.escape(value, quote=False)
    whole = html.escape(value)
    for single in ("&#x27;", "&#39;", "&#039;", "&apos;"):
        for double in ("&quot;", "&#34;", "&#x22;"):
            yield whole.replace("&#x27;", single).replace("&quot;", double)


def _in_base64(data: bytes) -> Iterator[str]:
    """Alone, and the letters it makes within something longer: they come in three alignments."""
    found = [base64.b64encode(data).decode()]
    found.append(found[0].rstrip("="))
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        found.append(base64.b64encode(b"\0" * before + data).decode()[first:end])
    for form in found:
        yield from (form, form.replace("+", "-").replace("/", "_"))
