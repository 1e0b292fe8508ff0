"""Walking a JSON value, however deep, and masking what is secret or personal in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.redaction.declared import Places, items_of, property_of
from integrations.redaction.declared import is_sensitive as is_declared
from integrations.redaction.fields import DEFAULT, is_sensitive
from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import FIELD, SECRETS_MASKED, Action, Rules, is_masked
from integrations.redaction.text import find, rendered

# {"name": "X-Api-Key", "value": "…"}: how headers, variables and form fields are often written down.
_NAMES_OF_PAIRS = ("name", "key", "header")
_SMALLEST_SUSPECT = 100_000
"""A smaller number is no number of a card, a phone or a person."""
_MOST_BITS = 128
_DROPPED = object()


@dataclass(frozen=True)
class Redacted:
    value: Any
    """The very same object when nothing was masked."""
    count: int
    """How many values or parts of strings were masked."""


def redact(
    value: Any,
    *,
    secrets: Sequence[str] | KnownSecrets = (),
    rules: Rules = SECRETS_MASKED,
    declared: Places = (),
    sensitive_fields: frozenset[str] = DEFAULT,
) -> Redacted:
    """Apply the rules to sensitive fields, to what is found in strings and keys, and mask the `secrets` given.

    `declared` is what a schema says about the value.
    """
    known = secrets if isinstance(secrets, KnownSecrets) else KnownSecrets(secrets)
    if rules.keeps_all and not known and not declared:
        return Redacted(value, 0)
    walk = _Walk(known, rules, sensitive_fields)
    result = walk.run(value, declared)
    return Redacted(result, walk.count) if walk.count else Redacted(value, 0)


class _Walk:
    """One walk over one value. It keeps its own stack: a value may be nested deeper than Python recurses."""

    def __init__(self, known: KnownSecrets, rules: Rules, fields: frozenset[str]) -> None:
        self.known = known
        self.rules = rules
        self.fields = fields
        self.looks_at_names = rules.fields is not Action.KEEP
        self.count = 0
        self.todo: list[tuple[Any, Any, bool, str, Places]] = []
        """Containers, their still empty copies, whether they stand under a sensitive name, their name and places."""

    def run(self, value: Any, places: Places) -> Any:
        result = self._copy(value, is_declared(places), "", places)
        while self.todo:
            source, copy, sensitive, name, here = self.todo.pop()
            if isinstance(source, dict):
                self._fill_dict(source, copy, sensitive, here)
            else:
                self._fill_list(source, copy, sensitive, name, here)
        return "" if result is _DROPPED else result

    def _copy(self, value: Any, sensitive: bool, name: str, places: Places = ()) -> Any:
        if isinstance(value, str):
            return self._secret(value) if sensitive else self._text(value, name)
        if isinstance(value, dict | list | tuple):
            copy: Any = {} if isinstance(value, dict) else []
            self.todo.append((value, copy, sensitive, name, places))
            return copy
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._secret(str(value)) if sensitive else self._number(value, name)
        return value

    def _secret(self, text: str) -> Any:
        if not text or is_masked(text):
            return text
        self.count += 1
        return self.rules.render(FIELD, text) or _DROPPED

    def _text(self, text: str, name: str) -> Any:
        spans = find(text, self.rules.families, self.known, name=name)
        if not spans:
            return text
        self.count += len(spans)
        whole = len(spans) == 1 and spans[0].end - spans[0].start == len(text)
        return rendered(text, spans, self.rules) or (_DROPPED if whole else "")

    def _number(self, number: float, name: str) -> Any:
        """It stands for its digits: masked when all of them together are something."""
        if self.known.is_one(number):
            return self._text(str(number), name)
        if not isinstance(number, int) or -_SMALLEST_SUSPECT < number < _SMALLEST_SUSPECT:
            return number
        if number.bit_length() > _MOST_BITS or not (self.known or self.rules.personal):
            return number
        text = str(number)
        spans = find(text, self.rules.families, self.known, name=name)
        return self._text(text, name) if spans and spans[0].end - spans[0].start == len(text) else number

    def _fill_list(self, source: Any, copy: list[Any], sensitive: bool, name: str, places: Places) -> None:
        inner = items_of(places) if places else ()
        sensitive = sensitive or is_declared(inner)
        if self.looks_at_names and _are_pairs(source):
            copies = (self._pair(pair, sensitive, name, inner) for pair in source)
        else:
            copies = (self._copy(item, sensitive, name, inner) for item in source)
        copy += [one for one in copies if one is not _DROPPED]

    def _pair(self, pair: Any, sensitive: bool, name: str, places: Places) -> Any:
        """`["X-Api-Key", "…"]`, as one of several: how headers are often handed over."""
        if sensitive or is_declared(items_of(places)) or not is_sensitive(pair[0], self.fields):
            return self._copy(pair, sensitive, name, places)
        return [one for one in (self._text(pair[0], ""), self._secret(pair[1])) if one is not _DROPPED]

    def _fill_dict(self, source: dict[Any, Any], copy: dict[Any, Any], sensitive: bool, places: Places) -> None:
        pair = self.looks_at_names and "value" in source and self._names_a_secret(source)
        numbers: dict[str, int] = {}
        for key, value in source.items():
            name = key if isinstance(key, str) else ""
            inner = property_of(places, name) if places else ()
            secret = sensitive or (pair and key == "value") or is_declared(inner)
            secret = secret or (self.looks_at_names and name != "" and is_sensitive(name, self.fields))
            redacted = self._copy(value, secret, name, inner)
            if redacted is not _DROPPED:
                shown = self._key(key) if name else key
                copy[_numbered(shown, copy, numbers) if shown in copy else shown] = redacted

    def _key(self, key: str) -> Any:
        redacted = self._text(key, "")
        return "" if redacted is _DROPPED else redacted

    def _names_a_secret(self, source: dict[Any, Any]) -> bool:
        names = (source.get(name) for name in _NAMES_OF_PAIRS)
        return any(isinstance(name, str) and is_sensitive(name, self.fields) for name in names)


def _are_pairs(items: Any) -> bool:
    """Whether each is a name and a text."""
    return bool(items) and all(
        isinstance(item, list | tuple) and len(item) == 2 and all(isinstance(one, str) for one in item)
        for item in items
    )


def _numbered(key: str, taken: dict[Any, Any], numbers: dict[str, int]) -> str:
    """`[redacted:email] (2)`: keys that read the same once they are masked stay apart."""
    number = numbers.get(key, 2)
    while (numbered := f"{key} ({number})".lstrip()) in taken:
        number += 1
    numbers[key] = number + 1
    return numbered
