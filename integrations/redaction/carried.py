"""What was masked in one place stays masked where it is handed on to: a value takes its masked form along."""

import re
from collections.abc import Collection, Iterator
from itertools import count
from typing import Any

from integrations.redaction.known import SHORTEST
from integrations.redaction.rules import FIELD, mask

MOST_LETTERS = 20_000
"""Of hidden texts in all. What holds more is not looked for: whatever came of it is taken to hold some."""

_MASK = re.compile(r"\[(?:redacted|hashed):[^\]]*\]")
_GONE = object()


def as_masked(value: Any, masked: Any) -> Any:
    """The value in its own shape, showing no more than its masked form shows at the same place.

    A name, text or number that is not there is masked: it was dropped, renamed, cut off, or another was found instead.
    """
    if value is masked:
        return value
    top: list[Any] = [None]
    todo: list[tuple[Any, Any, Any, Any]] = [(value, masked, top, 0)]
    while todo:
        inner, shown, into, at = todo.pop()
        if isinstance(inner, dict):
            masks = _numbered(mask(FIELD))
            children = [(next(masks) if gone else name, child, part) for name, child, part, gone in _of(inner, shown)]
            into[at] = copy = dict.fromkeys(name for name, _, _ in children)
            todo += [(child, part, copy, name) for name, child, part in children]
        elif isinstance(inner, list):
            into[at] = items = [None] * len(inner)
            todo += [(item, part, items, index) for index, (item, part) in enumerate(_beside(inner, shown))]
        else:
            into[at] = _leaf(inner, shown)
    return top[0]


def _numbered(key: str) -> Iterator[str]:
    """Keys that read the same once they are masked stay apart."""
    yield key
    yield from (f"{key} ({number})" for number in count(2))


def hidden(value: Any, masked: Any) -> frozenset[str]:
    """The texts of a value that its masked form does not show, numbers as they are written; none too short to be found.

    It stops when they have become more than MOST_LETTERS.
    """
    found: set[str] = set()
    letters = 0
    for text in _hidden(value, masked):
        if len(text) >= SHORTEST and text not in found:
            found.add(text[: MOST_LETTERS + 1])
            letters += len(text)
        if letters > MOST_LETTERS:
            break
    return frozenset(found)


def findable(texts: Collection[str]) -> tuple[str, ...]:
    """The texts, unless they are too many to be looked for: then none."""
    return () if sum(map(len, texts)) > MOST_LETTERS else tuple(texts)


def _hidden(value: Any, masked: Any) -> Iterator[str]:
    todo: list[tuple[Any, Any]] = [(value, masked)] if value is not masked else []
    while todo:
        inner, shown = todo.pop()
        if isinstance(inner, dict):
            for name, child, part, gone in _of(inner, shown):
                todo.append((child, part))
                if gone:
                    yield name
        elif isinstance(inner, list):
            todo += _beside(inner, shown)
        elif _leaf(inner, shown) != inner:
            yield from _gaps(str(inner), shown) if isinstance(shown, str) else (str(inner),)


def _of(value: dict[str, Any], shown: Any) -> Iterator[tuple[str, Any, Any, bool]]:
    """Each name, what it stands for, that as it is shown, and whether the name itself is not."""
    known = shown if isinstance(shown, dict) else None
    for name, inner in value.items():
        if known is None or name in known:
            yield name, inner, _GONE if known is None else known[name], False
        else:
            yield name, inner, _GONE, True


def _beside(value: list[Any], shown: Any) -> list[tuple[Any, Any]]:
    """Where some are gone, nobody knows which."""
    same = isinstance(shown, list) and len(shown) == len(value)
    return list(zip(value, shown if same else [_GONE] * len(value), strict=True))


def _leaf(value: Any, shown: Any) -> Any:
    if value is None or value == "" or isinstance(value, bool):
        return value
    if type(value) is type(shown) and value == shown:
        return value
    return shown if isinstance(shown, str) and _MASK.search(shown) else mask(FIELD)


def _gaps(text: str, shown: str) -> list[str]:
    """What stood where the masks stand; the whole text when it does not fit."""
    first, *others = _MASK.split(shown)
    if not (others and text.startswith(first)):
        return [text]
    gaps, at = [], len(first)
    for literal in others[:-1]:
        found = text.find(literal, at)
        if found < 0:
            return [text]
        gaps.append(text[at:found])
        at = found + len(literal)
    end = len(text) - len(others[-1])
    if end < at or not text.endswith(others[-1]):
        return [text]
    return [*gaps, text[at:end]]
