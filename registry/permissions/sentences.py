"""A permission rule in words: `Deny · every agent · tools crm-* · when $.amount > 1000`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registry.models import PermissionRule

_TOOLS = (
    ("tools", "tools {}"),
    ("categories", "category {}"),
    ("capabilities", "capability {}"),
    ("connectors", "connector {}"),
    ("node_types", "node type {}"),
    ("permissions", "with permission {}"),
)
_CALLERS = (("agents", "agent {}"), ("roles", "role {}"), ("providers", "provider {}"))
_OPS = {
    "eq": "=",
    "ne": "≠",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "matches": "matches",
    "file_pattern": "is a file in",
    "command_prefix": "is a command",
    "domain": "is in the domain",
    "validator": "passes",
}
_NEGATED = {
    "=": "≠",
    "≠": "=",
    "<": "is not <",
    "≤": "is not ≤",
    ">": "is not >",
    "≥": "is not ≥",
    "is one of": "is none of",
    "is none of": "is one of",
    "contains": "does not contain",
    "matches": "does not match",
    "is a file in": "is no file in",
    "is a command": "is no command",
    "is in the domain": "is not in the domain",
    "passes": "does not pass",
}
MOST_NAMED = 4


def sentence_of(rule: PermissionRule) -> str:
    """What stands in backquotes are words of the tenant's."""
    parts = [
        str(rule.get_effect_display()),
        _named(rule, _CALLERS) or "everybody",
        _named(rule, _TOOLS) or "every tool",
    ]
    when = " and ".join(say_condition(condition) for condition in rule.conditions)
    return " · ".join([*parts, *([f"when {when}"] if when else [])])


def say_condition(condition: Mapping[str, Any]) -> str:
    path, op, value = f"`{condition['path']}`", condition["op"], condition.get("value", True)
    negated = bool(condition.get("not"))
    if op == "exists":
        return f"{path} is there" if value is not negated else f"{path} is missing"
    words = _NEGATED[_OPS[op]] if negated else _OPS[op]
    return f"{path} {words} {_listed(value if isinstance(value, list) else [value])}"


def _named(rule: PermissionRule, lists: Sequence[tuple[str, str]]) -> str:
    said = (template.format(_listed(words)) for name, template in lists if (words := getattr(rule, name)))
    return ", ".join(said)


def _listed(values: Sequence[Any]) -> str:
    shown = list(_shown(values[:MOST_NAMED]))
    if len(values) > MOST_NAMED:
        return f"{', '.join(shown)} or {len(values) - MOST_NAMED} more"
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _shown(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        text = value if isinstance(value, str) else json.dumps(value)
        yield "`{}`".format(text.replace("`", "'")) if text else "nothing"
