"""Places in a JSON value, written as RFC 9535 has it."""

from collections.abc import Iterable


def json_path(parts: Iterable[str | int], root: str = "$") -> str:
    """`["items", 2, "a b"]` as `$.items[2]["a b"]` (RFC 9535)."""
    return root + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if part.isidentifier() else f'["{part}"]' for part in parts
    )
