"""Running an operation on a healthy tool that offers it, and on the next one when that tool is the trouble.

The tool that was heard of last comes first. Each try is an execution of its own, which names those before it.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.caller import Caller
from accounts.offload import in_database_thread
from accounts.renewing import renewed
from accounts.tenancy import within
from registry.catalogue import Entry, entries, listed_tools
from registry.errors import NoHealthyTool, ToolNotFound
from registry.execution.pipeline import execute
from registry.execution.types import Outcome, ToolCall
from registry.models import ToolVersion
from registry.models.tool import ToolQuerySet
from registry.models.version import VersionState

MOST_TRIED = 5
MOST_LOOKED_AT = 50
LONGEST_OPERATION = 64


@dataclass(frozen=True)
class Candidate:
    slug: str
    operation: str
    """What to call it with: empty for a tool with one way to call it."""


async def route(
    *,
    caller: Caller,
    operation: str,
    values: dict[str, Any],
    healthy_within: int | None = None,
    timeout_ms: int | None = None,
    fields: tuple[str, ...] = (),
    max_tokens: int | None = None,
    traceparent: str = "",
) -> Outcome:
    """The outcome of the last tool that was tried. `timeout_ms` is for all of them together.

    Raises ToolNotFound when no tool offers the operation, NoHealthyTool when none of those that do is well.
    """
    started = time.monotonic()
    tried: list[str] = []
    for candidate in await in_database_thread(find_candidates, caller, operation, healthy_within):
        left = None if timeout_ms is None else timeout_ms - round((time.monotonic() - started) * 1000)
        if tried and left is not None and left < 1:
            break
        outcome = await execute(
            ToolCall(
                caller=await renewed(caller) if tried else caller,
                tool=candidate.slug,
                input=values,
                operation=candidate.operation,
                timeout_ms=left,
                fields=fields,
                max_tokens=max_tokens,
                traceparent=traceparent,
                tried=tuple(tried),
            )
        )
        if not outcome.may_go_elsewhere:
            break
        tried.append(candidate.slug)
    return outcome


def find_candidates(caller: Caller, operation: str, healthy_within: int | None = None) -> list[Candidate]:
    """Whom to ask, best first; never empty. Raises as `route` does."""
    with within(caller.tenant_id):
        offering = _offering(operation, caller.provider)
        well = offering.order_by(F("health__last_heartbeat").desc(nulls_last=True), "id")
        now = timezone.now()
        well = well.healthy(now)
        if healthy_within is not None:
            well = well.heard_since(now - timedelta(seconds=healthy_within))
        found = _callable(entries(list(well[:MOST_LOOKED_AT])), operation)
        if found:
            return found[:MOST_TRIED]
        if _callable(entries(list(offering[:MOST_LOOKED_AT])), operation):
            raise NoHealthyTool(
                f"Tools offer `{operation}`, but none of them is healthy now. Try again a little later."
            )
    raise ToolNotFound(f"No tool offers `{operation}` to you. `GET /api/v1/discover/` lists what there is.")


def _offering(operation: str, provider: str) -> ToolQuerySet:
    """Tools that may be called and name the operation; some perhaps in another version than a call would get."""
    tools = listed_tools().switched_on().exclude(excluded_providers__contains=[provider])
    if not 0 < len(operation) <= LONGEST_OPERATION or "\x00" in operation:
        return tools.none()
    with_endpoint = ToolVersion.objects.filter(tool=OuterRef("pk")).with_operation(operation)
    return tools.filter(Q(capabilities__contains={"operations": [operation]}) | Exists(with_endpoint))


def _callable(found: list[Entry], operation: str) -> list[Candidate]:
    """Those whose version that a call gets offers the operation."""
    candidates = []
    for entry in found:
        endpoints = entry.version.endpoints
        if entry.version.state != VersionState.RETIRED and (not endpoints or operation in endpoints):
            candidates.append(Candidate(entry.tool.slug, operation if endpoints else ""))
    return candidates
