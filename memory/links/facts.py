"""What somebody says of a link, read."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from accounts.errors import Fault, Invalid
from memory.content import Unfit, read_metadata
from memory.limits import LARGEST_LINK_METADATA_BYTES, LEAST_LINK_WEIGHT, LONGEST_LINK_TYPE

_TYPE = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_LINK_TYPE - 1}}}")


def read_link(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`type`, `weight` and `metadata` as they are stored. Raises Invalid with a fault for each that is not right."""
    read: dict[str, Any] = {}
    faults = []
    for name, reader in _READERS.items():
        try:
            read[name] = reader(facts[name])
        except Unfit as unfit:
            where, why = unfit.fault
            faults.append(Fault(f"$.{name}{where}", why))
    if faults:
        raise Invalid("This is no link. See `errors`.", faults=faults)
    return read


def _type(value: Any) -> str:
    if not isinstance(value, str) or not _TYPE.fullmatch(value):
        raise Unfit(
            f"Give 1 to {LONGEST_LINK_TYPE} small letters, digits, `-` and `_`, of which the first is a letter or a "
            "digit, such as `caused_by`."
        )
    return value


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not LEAST_LINK_WEIGHT <= value <= 1:
        raise Unfit(f"Give a number from {LEAST_LINK_WEIGHT:f} to 1.")
    return float(value)


def _metadata(value: Any) -> dict[str, Any]:
    return read_metadata(value, largest=LARGEST_LINK_METADATA_BYTES)


_READERS: Mapping[str, Callable[[Any], Any]] = {"type": _type, "weight": _weight, "metadata": _metadata}
