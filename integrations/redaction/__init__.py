"""Masking secrets in JSON-like values before they are stored, pushed or shown."""

from dataclasses import dataclass
from typing import Any

MASK = "[redacted:field]"
SENSITIVE = frozenset({"password", "secret", "token", "authorization", "api_key", "access_token", "refresh_token"})


@dataclass(frozen=True)
class Redacted:
    value: Any
    count: int


def redact(value: Any) -> Redacted:
    """The value with sensitive fields masked, and how many there were."""
    if isinstance(value, dict):
        inner = {name: Redacted(MASK, 1) if name.lower() in SENSITIVE else redact(each) for name, each in value.items()}
        return Redacted({name: each.value for name, each in inner.items()}, sum(each.count for each in inner.values()))
    if isinstance(value, list):
        items = [redact(each) for each in value]
        return Redacted([each.value for each in items], sum(each.count for each in items))
    return Redacted(value, 0)
