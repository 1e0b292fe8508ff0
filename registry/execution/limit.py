"""Step 3: rate, concurrency and quota of tool, agent and tenant, shared by all processes: all of them give, or none.

Each limit says what holds while Redis is away: rate and concurrency are open unless told otherwise, a quota is closed.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from accounts.errors import Throttled
from accounts.limits import Limits
from registry.errors import LimitsAway
from registry.execution.passage import Passage
from registry.execution.shared import LEFT_ALONE_SECONDS, Commands
from registry.execution.types import Ending, Target, ToolCall
from registry.limits.bounds import Bound, Kind, Subject, bounds_of
from registry.limits.leases import leases
from registry.limits.take import GIVE_BACK, take
from registry.models.execution import Status


async def limit(call: ToolCall, target: Target, passage: Passage) -> None:
    """Take from every bound that is set. Leases are given back at the end, and a quota's call that did not count.

    Raises Throttled with `retry_after`, or LimitsAway where Redis is away and a limit is closed then.
    """
    caller = call.caller
    if target.limits is None and target.own_limits is None and caller.agent_limits is caller.tenant_limits is None:
        return
    bounds = list(bounds_on(call, target))
    if not bounds:
        return
    held = [bound.key for bound in bounds if bound.kind is Kind.CONCURRENCY]
    quotas = [bound.key for bound in bounds if bound.kind is Kind.QUOTA]
    passage.at_the_end(partial(_give_back, passage, held, quotas))
    taken = passage.taken = await take(bounds, passage.holder)
    if taken is None:
        _refuse_closed(bounds)
        return
    if taken.refusing is not None:
        raise _refusal(taken.refusing, taken.wait_seconds)
    if held:
        leases().hold(passage.holder, held)


def bounds_on(call: ToolCall, target: Target) -> Iterator[Bound]:
    """A resumed call was counted when it came; what it needs is a place among those that run."""
    now = datetime.now(UTC)
    for subject, limits in _subjects(call, target):
        for bound in bounds_of(subject, limits, now):
            leased = bound.kind is Kind.CONCURRENCY
            if not (_waits_for_others(subject, target) if leased else call.resumed):
                yield bound


def _subjects(call: ToolCall, target: Target) -> Iterator[tuple[Subject, Limits]]:
    caller = call.caller
    tenant_id = caller.tenant_id
    if target.limits is not None:
        yield Subject("tool", tenant_id, target.tool_id, f"the tool `{target.slug}`"), target.limits
    if target.own_limits is not None:
        yield Subject("own", tenant_id, target.tool_id, f"your tenant for the tool `{target.slug}`"), target.own_limits
    if caller.agent_limits is not None and caller.agent_id is not None:
        yield Subject("agent", tenant_id, caller.agent_id, "your agent"), caller.agent_limits
    if caller.tenant_limits is not None:
        yield Subject("tenant", tenant_id, tenant_id, "your tenant"), caller.tenant_limits


def _waits_for_others(subject: Subject, target: Target) -> bool:
    """A composite does nothing itself: its calls need the places of agent and tenant, and it would wait for itself."""
    return target.transport == "composite" and subject.word in ("agent", "tenant")


def _refuse_closed(bounds: list[Bound]) -> None:
    closed = next((bound for bound in bounds if bound.is_closed), None)
    if closed is not None:
        raise LimitsAway(
            f"The {_WORDS[closed.kind]} of {closed.subject.called} cannot be counted while Redis is away, and it is "
            "closed then. Try again in a moment; `/readyz` says when Redis is back.",
            retry_after=LEFT_ALONE_SECONDS,
            extra={"limit": {"name": closed.name}},
        )


_WORDS = {Kind.RATE: "rate limit", Kind.CONCURRENCY: "concurrency", Kind.QUOTA: "quota"}


def _refusal(bound: Bound, wait_seconds: float) -> Throttled:
    what = f"The {_WORDS[bound.kind]} of {bound.subject.called} is used up: {bound.said}."
    if bound.kind is Kind.CONCURRENCY:
        when = "Try again when one of the running calls has ended."
    elif bound.until is not None:
        when = f"Try again after {bound.until:%Y-%m-%d %H:%M} UTC."
    else:
        when = f"Try again after {wait_seconds:.1f} seconds."
    return Throttled(
        f"{what} {when}", retry_after=wait_seconds, extra={"limit": {"name": bound.name, "most": bound.number}}
    )


def _give_back(
    passage: Passage, held: Sequence[str], quotas: Sequence[str], ending: Ending, commands: Commands
) -> None:
    """A lease has its holder's name on it, so that nothing happens where it was not taken. A quota's call has none: it
    is given back where it is known to have been counted.
    """
    taken = passage.taken
    if taken is not None and taken.refusing is not None:
        return
    leases().let_go(passage.holder)
    for key in held:
        commands.add("ZREM", key, passage.holder)
    if taken is not None and (ending.replayed or ending.status is Status.REFUSED):
        for key in quotas:
            GIVE_BACK.add_to(commands, [key], [])
