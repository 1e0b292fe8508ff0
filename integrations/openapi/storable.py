"""JSON that PostgreSQL can keep: it refuses U+0000 in texts, and halves of surrogate pairs."""

from typing import Any

_INSTEAD = "\ufffd"


def storable(value: Any) -> Any:
    """The same with U+FFFD in the place of characters that cannot be kept."""
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value
        return value.replace("\0", _INSTEAD).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return value
