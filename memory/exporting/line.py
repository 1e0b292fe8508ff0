"""One memory as a line of an export."""

import json
from collections.abc import Sequence

from memory.models import Memory
from memory.shown import shown


def line_of(memory: Memory, *, embedding: str, model: str = "", vector: Sequence[float] | None = None) -> bytes:
    """As it is shown everywhere, with its vector and the model that made it where these are given."""
    told = shown(memory, embedding=embedding)
    if vector is not None:
        told |= {"model": model, "vector": _numbers(vector)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _numbers(vector: Sequence[float]) -> list[float]:
    """Halves hold three to four digits: more than five would say nothing."""
    return [float(f"{number:.5g}") for number in vector]
