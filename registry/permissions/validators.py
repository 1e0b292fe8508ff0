"""Functions of an app that judge arguments: offered in its `apps.py: ready()`, named by rules.

A validator gets what the condition's path leads to and says whether it matches. It must answer at once and from its
argument alone: it runs inside the corridor, for every call that its rule may concern.
"""

import logging
from collections.abc import Callable
from typing import Any

from registry.permissions.fit import Fit, fit

log = logging.getLogger(__name__)

Validator = Callable[[Any], bool]

_validators: dict[str, Validator] = {}


def register(name: str, validator: Validator) -> None:
    """Offer `validator` to rules as `{"op": "validator", "value": name}`. Registering a name twice is a mistake."""
    if _validators.setdefault(name, validator) is not validator:
        raise ValueError(f"Two validators are named {name!r}.")


def forget(name: str) -> None:
    """Take one back, where an app or a test is taken apart."""
    _validators.pop(name, None)


def names() -> list[str]:
    return sorted(_validators)


def judge(name: str, value: Any) -> Fit:
    """What the validator says. One that is gone or breaks says nothing, which lets nobody through."""
    try:
        return fit(_validators[name](value))
    except Exception:
        log.exception("The validator %r could not judge.", name, extra={"action": "validator_failed"})
        return Fit.MAYBE
