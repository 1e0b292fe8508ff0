"""Walking a JSON value, however deep, and masking what is secret in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.redaction.families import Family
from integrations.redaction.fields import DEFAULT, is_sensitive
from integrations.redaction.formats import SECRET_FORMATS
from integrations.redaction.known import KnownSecrets
from integrations.redaction.text import mask, redact_text

_FIELD = mask("field")
# {"name": "X-Api-Key", "value": "…"}: how headers, variables and form fields are often written down.
_NAMES_OF_PAIRS = ("name", "key", "header")


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
    sensitive_fields: frozenset[str] = DEFAULT,
    families: tuple[Family, ...] = SECRET_FORMATS,
) -> Redacted:
    """Mask values of sensitive fields, known formats of secrets in strings and keys, and the `secrets` given."""
    known = secrets if isinstance(secrets, KnownSecrets) else KnownSecrets(secrets)
    walk = _Walk(known, sensitive_fields, families)
    result = walk.run(value)
    return Redacted(result, walk.count) if walk.count else Redacted(value, 0)


class _Walk:
    """One walk over one value. It keeps its own stack: a value may be nested deeper than Python recurses."""

    def __init__(self, secrets: KnownSecrets, fields: frozenset[str], families: tuple[Family, ...]) -> None:
        self.secrets = secrets
        self.fields = fields
        self.families = families
        self.count = 0
        self.todo: list[tuple[Any, Any, bool]] = []
        """Containers, their still empty copies, and whether they stand under a sensitive name."""

    def run(self, value: Any) -> Any:
        result = self._copy(value, False)
        while self.todo:
            source, copy, sensitive = self.todo.pop()
            if isinstance(source, dict):
                self._fill_dict(source, copy, sensitive)
            else:
                copy += [self._copy(item, sensitive) for item in source]
        return result

    def _copy(self, value: Any, sensitive: bool) -> Any:
        if isinstance(value, str):
            return self._text(value, sensitive)
        if isinstance(value, dict | list | tuple):
            copy: Any = {} if isinstance(value, dict) else []
            self.todo.append((value, copy, sensitive))
            return copy
        if sensitive and isinstance(value, int | float) and not isinstance(value, bool):
            self.count += 1
            return _FIELD
        return value

    def _text(self, text: str, sensitive: bool) -> str:
        if sensitive:
            if not text or (text.startswith("[redacted:") and text.endswith("]")):
                return text
            self.count += 1
            return _FIELD
        redacted, found = redact_text(text, self.families, self.secrets)
        self.count += found
        return redacted

    def _fill_dict(self, source: dict[Any, Any], copy: dict[Any, Any], sensitive: bool) -> None:
        pair = "value" in source and self._names_a_secret(source)
        for key, value in source.items():
            if not isinstance(key, str):
                copy[key] = self._copy(value, sensitive)
                continue
            secret = sensitive or is_sensitive(key, self.fields) or (pair and key == "value")
            copy[self._text(key, False)] = self._copy(value, secret)

    def _names_a_secret(self, source: dict[Any, Any]) -> bool:
        names = (source.get(name) for name in _NAMES_OF_PAIRS)
        return any(isinstance(name, str) and is_sensitive(name, self.fields) for name in names)
