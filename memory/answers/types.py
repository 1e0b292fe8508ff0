"""Who asks, and what is answered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from accounts.caller import Actor
from accounts.offload import in_database_thread
from memory.bounded import bounded_within

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Asker:
    tenant_id: UUID
    by: Actor


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any]
    version: int | None = None
    """Of the one row that it shows, where that has one."""
    is_new: bool = False
    """Whether that row was made now."""


async def in_tenant(asker: Asker, function: Callable[Concatenate[Asker, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a thread and a transaction of the asker's tenant; both have ended when this returns.

    Raises Throttled when PostgreSQL takes too long.
    """
    return await in_database_thread(_within, asker, lambda: function(asker, *args, **kwargs))


def _within(asker: Asker, work: Callable[[], T]) -> T:
    with bounded_within(asker.tenant_id):
        return work()
