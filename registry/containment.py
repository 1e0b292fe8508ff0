"""`capabilities=operations:stamp,validate;region:eu` or JSON: what a JSON fact has to contain, as a condition."""

import math
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q

from accounts.api.parsing import read_json
from accounts.errors import Fault, Invalid, Malformed

MOST_KEYS = 20


def containing(field: str, text: str) -> Q:
    """The condition that `field` contains all that `text` names. Raises Invalid, with the field as its path.

    `key:value,value` asks for a list with all of these values; with one value, it may also be the value itself. What
    reads as a number, true or false may be that, or the word.
    """
    try:
        if text.lstrip().startswith("{"):
            return Q(**{f"{field}__contains": read_json(text.encode())})
        return reduce(and_, [_pair(field, pair) for pair in _pairs(text)])
    except Malformed as error:
        raise Invalid(
            "The filter cannot be read.", faults=[Fault(field, error.message.replace("The body", "The filter"))]
        ) from error


def _pairs(text: str) -> list[str]:
    pairs = [pair for pair in text.split(";") if pair.strip()]
    if not 0 < len(pairs) <= MOST_KEYS:
        raise Malformed(f"Give `key:value,value`, several of them with `;` in between (at most {MOST_KEYS}), or JSON.")
    return pairs


def _pair(field: str, pair: str) -> Q:
    key, colon, listed = pair.partition(":")
    words = [word.strip() for word in listed.split(",") if word.strip()]
    if not key.strip() or not colon or not words:
        raise Malformed(f"`{pair.strip()[:100]}` has no key or no value. Give `key:value` or `key:value,value`.")
    meant = [_meant(word) for word in words]
    wanted: list[Any] = [words] if meant == words else [words, meant]
    if len(words) == 1:
        wanted += [each[0] for each in wanted]
    return reduce(or_, [Q(**{f"{field}__contains": {key.strip(): each}}) for each in wanted])


def _meant(word: str) -> Any:
    """The number or truth value that a word may stand for, else the word."""
    try:
        value = read_json(word.encode())
    except Malformed:
        return word
    return value if isinstance(value, bool | int | float) and math.isfinite(value) else word
