"""Functions that are tools: registered by an app in its `apps.py: ready()`, called by the `builtin` transport."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.caller import Caller
from registry.transports.base import Emit, Report, nobody_asks


@dataclass(frozen=True)
class BuiltinContext:
    """What a built-in function may know of its call."""

    caller: Caller
    """Who calls: what they may not do through any other door, they may not do through this one."""
    operation: str
    idempotency_key: str | None = None
    """Names the call's one effect: the same at every attempt, also by another process. None outside of the corridor."""
    end_user: str = ""
    """For whom the call is made, in the tenant's own words; empty: it was not said."""
    emit: Emit | None = None
    """Passes a part of the answer on; None where nobody wants it in parts. Return None when all was emitted."""
    progress: Report = nobody_asks
    """`context.progress(0.4, "12 of 30 pages")`: how far it is, for whoever waits."""

    @property
    def tenant_id(self) -> UUID:
        return self.caller.tenant_id


Builtin = Callable[[BuiltinContext, Mapping[str, Any]], Awaitable[Any]]

_functions: dict[str, Builtin] = {}


def register(name: str, function: Builtin) -> None:
    """Offer `function` to tools whose definition is `{"function": name}`. Registering a name twice is a mistake."""
    if _functions.setdefault(name, function) is not function:
        raise ValueError(f"Two built-in functions are named {name!r}.")


def named(name: str) -> Builtin | None:
    return _functions.get(name)


def names() -> list[str]:
    return sorted(_functions)


def forget(name: str) -> None:
    """Take a function back, where an app or a test is taken apart."""
    _functions.pop(name, None)
