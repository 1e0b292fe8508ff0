"""Which fields of an answer a caller wants: `["id", "items[*].name"]`.

A path is names with dots in between. Arrays are walked through: `[*]` says so, and may be left out. A name with a dot,
a bracket or a quote in it is written as a JSON string: `"first.name".given`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from accounts.errors import Fault
from registry.shaping.order import rank

MOST_FIELDS = 100
LONGEST_FIELD = 300
DEEPEST_FIELD = 20

Tree: TypeAlias = "Mapping[str, Tree | None]"
"""What is wanted of each name; None: all of it."""

_STEP = re.compile(r'(?:"((?:[^"\\]|\\.)+)"|([^\s."\[\]]+))((?:\[\*\])*)')
_LEADING = re.compile(r"(?:\[\*\])+\.")


def check_fields(fields: Sequence[str], path: str = "$.fields") -> list[Fault]:
    """What is wrong with the paths. Empty: they can be used."""
    if not fields or len(fields) > MOST_FIELDS:
        return [Fault(path, f"Name 1 to {MOST_FIELDS} fields, or leave this out to get them all.")]
    return [
        Fault(f"{path}[{index}]", complaint)
        for index, field in enumerate(fields)
        if (complaint := complaint_about(field))
    ]


def project(value: Any, fields: Sequence[str]) -> Any:
    """Only the fields named, each at its place. One that is not there is left out; what is no object stays."""
    return _project(value, _tree(tuple(fields))) if isinstance(value, dict | list) else value


def _project(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_project(item, tree) for item in value if isinstance(item, dict | list)]
    found = {}
    for name, inner in tree.items():
        if name not in value:
            continue
        if inner is None:
            found[name] = value[name]
        elif isinstance(value[name], dict | list):
            found[name] = _project(value[name], inner)
    return found


@lru_cache(maxsize=1000)
def _tree(fields: tuple[str, ...]) -> Tree:
    tree: dict[str, Any] = {}
    for field in fields:
        _grow(tree, list(_names(field)))
    return _sorted(tree)


def _grow(tree: dict[str, Any], names: list[str]) -> None:
    """A field that is wanted whole stays whole when a part of it is named, too."""
    *above, last = names
    for name in above:
        inner = tree.setdefault(name, {})
        if inner is None:
            return
        tree = inner
    tree[last] = None


def _sorted(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {name: None if tree[name] is None else _sorted(tree[name]) for name in sorted(tree, key=rank)}


def complaint_about(field: str) -> str:
    """What is wrong with a path; empty: it can be used."""
    if len(field) > LONGEST_FIELD:
        return f"This is longer than {LONGEST_FIELD} characters."
    try:
        names = list(_names(field))
    except ValueError as error:
        return str(error)
    return f"A path has at most {DEEPEST_FIELD} names." if len(names) > DEEPEST_FIELD else ""


def _names(field: str) -> Iterator[str]:
    """Raises ValueError with a sentence that says where it stops being a path."""
    leading = _LEADING.match(field)
    at = leading.end() if leading else 0
    while True:
        step = _STEP.match(field, at)
        if step is None:
            raise _no_path(at)
        yield _unquoted(step, at)
        at = step.end()
        if at == len(field):
            return
        if field[at] != ".":
            raise _no_path(at)
        at += 1


def _unquoted(step: re.Match[str], at: int) -> str:
    if step[1] is None:
        return step[2]
    try:
        name: str = json.loads(f'"{step[1]}"')
    except ValueError:
        raise _no_path(at) from None
    return name


def _no_path(at: int) -> ValueError:
    return ValueError(f"This is no path from character {at + 1} on. Write names with dots: `items[*].name`.")
