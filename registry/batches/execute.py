"""A batch through the corridor: each of its calls is an execution of its own, for the same caller."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.caller import Caller
from accounts.ids import new_id
from accounts.offload import in_database_thread
from accounts.renewing import renewed
from accounts.tracing import Trace, span_of
from registry.batches.claim import Claimed, claim_batch, key_of_call
from registry.batches.run import Run
from registry.batches.types import CallEnd, Filled, Plan, PlannedCall
from registry.execution.pipeline import execute
from registry.execution.resolve import resolve
from registry.execution.types import Outcome, ToolCall
from registry.timeouts import LONGEST_TIMEOUT_MS


@dataclass(frozen=True)
class Order:
    """A batch as a door hands it in."""

    caller: Caller
    plan: Plan
    body: Any
    """What was sent: with an idempotency key it has to be the same each time."""
    idempotency_key: str | None = None
    timeout_ms: int = LONGEST_TIMEOUT_MS
    end_user: str = ""
    """For whom its calls are made, where their tools know end users."""
    conversation: str = ""
    provider: str = ""
    max_tokens: int | None = None
    """The most that each answer may take."""
    traceparent: str = ""


@dataclass(frozen=True)
class BatchOutcome:
    id: UUID
    """The `parent_id` of its executions."""
    ends: list[CallEnd]
    """In the order of the plan."""


async def execute_batch(order: Order) -> BatchOutcome:
    """Run all calls. Raises IdempotencyConflict before any of them; afterwards whatever happens is one call's end."""
    batch = await _claimed(order)
    await _look_up_tools(order)

    async def call_tool(call: PlannedCall, filled: Filled, timeout_ms: int | None) -> Outcome:
        caller = await renewed(order.caller)
        return await execute(_tool_call(order, caller, batch.id, call, filled, timeout_ms))

    known = {call.id: earlier for call in order.plan.calls if (earlier := batch.earlier.get(_key(order, call) or ""))}
    run = Run(order.plan, call_tool, known=known, timeout_seconds=order.timeout_ms / 1000)
    return BatchOutcome(batch.id, await run.go())


async def _look_up_tools(order: Order) -> None:
    """Each tool once, and not by all of its calls at the same time: they find it in memory.

    Whatever is wrong with one is told by its calls.
    """
    calls = {(call.tool, call.version): call for call in order.plan.calls}
    if len(calls) < len(order.plan.calls):
        wanted = (ToolCall(order.caller, tool, {}, version, end_user=order.end_user) for tool, version in calls)
        await asyncio.gather(*map(resolve, wanted), return_exceptions=True)


async def _claimed(order: Order) -> Claimed:
    if order.idempotency_key is None:
        return Claimed(new_id())
    return await in_database_thread(claim_batch, caller=order.caller, key=order.idempotency_key, body=order.body)


def _key(order: Order, call: PlannedCall) -> str | None:
    return None if order.idempotency_key is None else key_of_call(order.idempotency_key, call.id)


def _tool_call(
    order: Order, caller: Caller, batch_id: UUID, call: PlannedCall, filled: Filled, timeout_ms: int | None
) -> ToolCall:
    return ToolCall(
        caller=caller,
        tool=call.tool,
        input=filled.value,
        masked=filled.if_masked,
        version=call.version,
        operation=call.operation,
        timeout_ms=timeout_ms,
        idempotency_key=_key(order, call),
        fields=call.fields,
        max_tokens=min((most for most in (call.max_tokens, order.max_tokens) if most), default=None),
        parent_id=batch_id,
        traceparent=_traceparent(order, batch_id),
        end_user=order.end_user,
        conversation=order.conversation,
        provider=order.provider,
    )


def _traceparent(order: Order, batch_id: UUID) -> str:
    """One trace for all, also where the caller began none."""
    return order.traceparent or Trace(batch_id.hex).below(span_of(batch_id))
