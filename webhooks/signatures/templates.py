"""Texts with values in them: `{timestamp}.{body}`, `{url|with_port}`."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from webhooks.signatures.filters import FILTERS, KEYED, Filter

Lookup = Callable[[str], bytes]

_PART = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<name>[a-z][a-z0-9_]*)(?P<filters>(?:\|[a-z0-9_]+)*)\}|(?P<alone>[{}])")
_OF_BODY = frozenset({"body", "sorted_form"})


class BadTemplate(ValueError):
    """It cannot be read; the message is a sentence that says why."""


@dataclass(frozen=True)
class Blank:
    """Where a value goes."""

    name: str
    filters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    text: str
    parts: tuple[bytes | Blank, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(blank.name for blank in self.blanks)

    @property
    def blanks(self) -> tuple[Blank, ...]:
        return tuple(part for part in self.parts if isinstance(part, Blank))

    @property
    def holds_body(self) -> bool:
        return bool(self.names & _OF_BODY)


@lru_cache(maxsize=2_000)
def read_template(text: str) -> Template:
    """Raises BadTemplate."""
    return Template(text, tuple(_parts(text)))


def render(template: Template, lookup: Lookup, *, key: bytes = b"") -> bytes:
    """The text with its values. The key is for filters that sign."""
    return b"".join(part if isinstance(part, bytes) else _filled(part, lookup, key) for part in template.parts)


def _parts(text: str) -> Iterator[bytes | Blank]:
    done = 0
    for found in _PART.finditer(text):
        if found.start() > done:
            yield text[done : found.start()].encode()
        done = found.end()
        if found["alone"]:
            raise BadTemplate(f"There is a single `{found['alone']}` at {found.start() + 1}. Write it twice.")
        yield found["brace"][:1].encode() if found["brace"] else _blank(found["name"], found["filters"])
    if done < len(text):
        yield text[done:].encode()


def _blank(name: str, written: str) -> Blank:
    filters = tuple(written.split("|")[1:])
    for each in filters:
        if each not in FILTERS and each not in KEYED:
            raise BadTemplate(f"There is no filter `{each}`. There are: {', '.join(sorted([*FILTERS, *KEYED]))}.")
    return Blank(name, filters)


def _filled(blank: Blank, lookup: Lookup, key: bytes) -> bytes:
    value = lookup(blank.name)
    for name in blank.filters:
        value = _filter(name, key)(value)
    return value


def _filter(name: str, key: bytes) -> Filter:
    return FILTERS[name] if name in FILTERS else lambda text: KEYED[name](key, text)
