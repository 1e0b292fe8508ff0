"""How much of a model's context a JSON value takes: one cheap estimate, used everywhere.

The weight of a text is twice its UTF-8 bytes less its characters: 1 for a letter of ASCII, 3 for one of Cyrillic or
Greek, 5 for one of Chinese, 7 for an emoji. Three make a token. Tokenizers of today take about four ASCII letters of
prose and three of JSON for a token, so the estimate is rather too high than too low; it needs no model and adds up
exactly. A value weighs what its compact JSON weighs, as it is sent.
"""

import json
from typing import Any

PER_TOKEN = 3

_quoted = json.encoder.encode_basestring
_PUNCTUATION = 2  # both brackets of an array or object, both quotes of a string
_WORDS = {True: 4, False: 5, None: 4}


def tokens_of_weight(weight: int) -> int:
    return -(-weight // PER_TOKEN)


def tokens_of(value: Any) -> int:
    """The estimate for a JSON value."""
    return tokens_of_weight(weigh(value))


def weigh_text(text: str) -> int:
    """A text by itself, as in an artifact: no quotes, no escapes."""
    return len(text) if text.isascii() else 2 * len(text.encode("utf-8", "surrogatepass")) - len(text)


def weigh(value: Any, most: float = float("inf")) -> int:
    """The weight, exact up to `most`; above it some number above it, found without looking at the rest."""
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            total += _weigh_string(item, most - total)
        elif isinstance(item, list | tuple):
            total += _PUNCTUATION + max(0, len(item) - 1)
            if total + len(item) <= most:
                waiting.extend(item)
            else:
                total += len(item)
        elif isinstance(item, dict):
            total += _PUNCTUATION + max(0, 2 * len(item) - 1)
            for key, inner in item.items():
                if total > most:
                    break
                total += _weigh_string(str(key), most - total)
                waiting.append(inner)
        else:
            total += _weigh_scalar(item)
        if total > most:
            return total
    return total


def _weigh_string(text: str, most: float) -> int:
    if len(text) + _PUNCTUATION > most:
        return len(text) + _PUNCTUATION  # at least, and more than enough
    quoted = _quoted(text)
    return len(quoted) if quoted.isascii() else weigh_text(quoted)


def _weigh_scalar(item: Any) -> int:
    return _WORDS[item] if item is None or isinstance(item, bool) else len(repr(item))
