"""An input template: JSON in whose strings `{{ … }}` stands for what a JMESPath expression finds in an event.

A string that is one expression becomes what that finds, with its type; where it finds null, the property or item is
left out. In a longer string it becomes text: a string as it is, null as nothing, anything else as JSON.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from accounts.errors import Fault, Invalid
from integrations.json_paths import json_path
from integrations.mapping import MOST_WORK, Unmappable, apply_mapping, check_mapping

LONGEST_TEMPLATE = 20_000
"""Characters of its JSON."""
MOST_EXPRESSIONS = 100

# The first `}}` outside of quotes ends an expression.
_PLACE = re.compile(
    r"""\{\{((?:[^'"`}]|\}(?!\})|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)*)\}\}""", re.DOTALL
)
_NOTHING = object()


def fill_template(template: Any, document: Any, where: str) -> Any:
    """The template without expressions; null where it comes to nothing.

    Raises Invalid with the place that does not suit the event.
    """
    most_work = MOST_WORK // max(1, len(list(_expressions(template))))
    filled = _filled(template, document, (), where, most_work)
    return None if filled is _NOTHING else filled


def check_template(where: str, template: Any) -> list[Fault]:
    """What is wrong with a template."""
    if len(json.dumps(template)) > LONGEST_TEMPLATE:
        return [Fault(where, f"This is longer than {LONGEST_TEMPLATE:,} characters. Map less.")]
    faults = [
        fault for parts, text in _strings(template, ()) for fault in _string_faults(json_path(parts, where), text)
    ]
    if len(list(_expressions(template))) > MOST_EXPRESSIONS:
        faults.append(Fault(where, f"This holds more than {MOST_EXPRESSIONS} expressions. Hand on whole objects."))
    return faults


def is_one_expression(text: str) -> bool:
    return len(_pieces(text)) == 1 and _pieces(text)[0][1]


def evaluate(expression: str, document: Any, where: str, most_work: int = MOST_WORK) -> Any:
    """Raises Invalid."""
    try:
        return apply_mapping(expression, document, most_work=most_work, leave_nulls_out=True)
    except Unmappable as error:
        raise Invalid(
            "The event does not suit the route. See `errors`.", faults=[Fault(where, f"For this event, {error}")]
        ) from error


def _filled(value: Any, document: Any, parts: tuple[str | int, ...], where: str, most_work: int) -> Any:
    if isinstance(value, str):
        return _filled_text(value, document, json_path(parts, where), most_work)
    if isinstance(value, dict):
        pairs = ((name, _filled(inner, document, (*parts, name), where, most_work)) for name, inner in value.items())
        return {name: found for name, found in pairs if found is not _NOTHING}
    if isinstance(value, list):
        items = (_filled(inner, document, (*parts, index), where, most_work) for index, inner in enumerate(value))
        return [found for found in items if found is not _NOTHING]
    return value


def _filled_text(text: str, document: Any, where: str, most_work: int) -> Any:
    pieces = _pieces(text)
    found = [evaluate(piece, document, where, most_work) if stands_for else piece for piece, stands_for in pieces]
    if len(pieces) == 1:
        return _NOTHING if found[0] is None else found[0]
    return "".join(map(_written, found))


def _written(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=2_000)
def _pieces(text: str) -> tuple[tuple[str, bool], ...]:
    """Texts and expressions in turn, each with whether it is an expression."""
    split = _PLACE.split(text)
    pieces = [(piece.strip() if index % 2 else piece, bool(index % 2)) for index, piece in enumerate(split)]
    return tuple(piece for piece in pieces if piece[0] or piece[1]) or (("", False),)


def _strings(value: Any, parts: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield parts, value
    elif isinstance(value, dict | list):
        for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _strings(inner, (*parts, part))


def _expressions(template: Any) -> Iterator[str]:
    return (piece for _, text in _strings(template, ()) for piece, stands_for in _pieces(text) if stands_for)


def _string_faults(where: str, text: str) -> Iterator[Fault]:
    for piece, stands_for in _pieces(text):
        if not stands_for and "{{" in piece:
            yield Fault(where, "A `{{` has no `}}` behind it. Close it, and every quote before that.")
        elif stands_for and not piece:
            yield Fault(where, "There is nothing between `{{` and `}}`. Write a JMESPath expression: `{{ body.id }}`.")
        elif stands_for:
            yield from check_mapping(where, piece)
