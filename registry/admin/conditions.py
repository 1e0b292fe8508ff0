"""Conditions as people write them: a row each, with a path, a comparison and a value."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from registry.permissions.conditions import OPS

SPARE_ROWS = 2
MOST_ROWS = 20
LISTS = frozenset({"in", "not_in"})
SEVERAL = frozenset({"file_pattern", "command_prefix", "domain"})
TEXTS = SEVERAL | {"matches", "validator"}

SAID = {
    "eq": "is",
    "ne": "is not",
    "gt": "is more than",
    "ge": "is at least",
    "lt": "is less than",
    "le": "is at most",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "matches": "matches the pattern",
    "exists": "is there (true or false)",
    "file_pattern": "is a file in",
    "command_prefix": "is a command that begins with",
    "domain": "is in the domain",
    "validator": "passes the validator",
}


class ConditionsWidget(forms.Widget):
    """Rows of inputs, and always some that are empty: more come when the rule is edited again."""

    def __init__(self, example: str = "$.amount") -> None:
        super().__init__()
        self.example = example

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, str]]:
        rows = []
        for number in range(MOST_ROWS):
            row = {part: str(data.get(f"{name}-{number}-{part}", "")) for part in ("path", "op", "value", "not")}
            if row["path"].strip() or row["value"].strip():
                rows.append(row)
        return rows

    def id_for_label(self, id_: str | None, index: Any = None) -> str:
        """Nothing: it is a group of inputs, each with a name of its own."""
        return ""

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        rows = [*(value or []), *({} for _ in range(SPARE_ROWS))][:MOST_ROWS]
        context = {"name": name, "rows": list(enumerate(rows)), "ops": SAID.items(), "example": self.example}
        return render_to_string("admin/registry/conditions.html", context)


class ConditionsField(forms.Field):
    widget = ConditionsWidget

    def prepare_value(self, value: Any) -> Any:
        """Rows, whether they come from the rule or from the form."""
        return [row if isinstance(row.get("not"), str) else _row(row) for row in value or []]

    def clean(self, value: Any) -> list[dict[str, Any]]:
        return [_condition(number, row) for number, row in enumerate(value or [], start=1)]


def _row(condition: Mapping[str, Any]) -> dict[str, str]:
    return {
        "path": condition["path"],
        "op": condition["op"],
        "value": _written(condition.get("value", True)),
        "not": "on" if condition.get("not") else "",
    }


def _written(value: Any) -> str:
    if isinstance(value, list):
        plain = all(isinstance(each, str) and each and "," not in each and not _means_more(each) for each in value)
        return ", ".join(value) if plain else json.dumps(value, ensure_ascii=False)
    return (
        value if isinstance(value, str) and value and not _means_more(value) else json.dumps(value, ensure_ascii=False)
    )


def _means_more(text: str) -> bool:
    """Whether it would be read as JSON: a number, a list, true, …"""
    try:
        json.loads(text)
    except ValueError:
        return text.strip() != text
    return True


def _condition(number: int, row: Mapping[str, str]) -> dict[str, Any]:
    if row["op"] not in OPS:
        raise ValidationError(f"Choose in row {number} how to compare.")
    condition = {"path": row["path"].strip(), "op": row["op"], "value": _read(row["op"], row["value"].strip())}
    return condition | ({"not": True} if row["not"] else {})


def _read(op: str, text: str) -> Any:
    """JSON where it is some, else the text itself; several with commas between them where a list is wanted."""
    value = True if op == "exists" and not text else _json(text)
    if isinstance(value, list) or op not in TEXTS | LISTS:
        return value
    given = [each.strip() for each in text.split(",") if each.strip()]
    return [_json(each) for each in given] if op in LISTS else given if op in SEVERAL else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
