"""One order of an object's fields, whoever wrote them: shorter names first, then by their bytes.

It is the order in which PostgreSQL keeps them, so an answer reads the same, letter for letter, when it is fresh, from
the cache and from its row: a prompt that repeats it is found in the provider's prompt cache.
"""

from typing import Any


def rank(name: str) -> tuple[int, bytes]:
    encoded = name.encode("utf-8", "surrogatepass")
    return len(encoded), encoded


def in_order(value: Any) -> Any:
    """The same value with the fields of every object in order; items of arrays stay where they are."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value, key=rank)}
    if isinstance(value, list | tuple):
        return [in_order(item) for item in value]
    return value
