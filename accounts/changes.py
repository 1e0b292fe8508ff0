"""What may be changed about a thing, stated once per verb and told by name."""

from collections.abc import Collection, Mapping
from typing import Any

from accounts.errors import Fault, Invalid


def refuse_others(changes: Mapping[str, Any], changeable: Collection[str]) -> None:
    """Raise Invalid naming each field of `changes` that is not `changeable`."""
    others = sorted(set(changes) - set(changeable))
    if others:
        allowed = ", ".join(sorted(changeable))
        raise Invalid(
            "Some of these fields cannot be changed.",
            faults=[Fault(f"$.{name}", f"This cannot be changed. What can: {allowed}.") for name in others],
        )
