"""The call that a tool makes of another one: for the same caller, and part of the call that it was made by."""

from accounts.renewing import renewed
from registry.execution.types import Target, ToolCall
from registry.transports.base import Nested


async def nested_call(call: ToolCall, target: Target, nested: Nested) -> ToolCall:
    """`target` is what `call` is for: the tool that makes this one. Raises what keeps the caller from calling now."""
    return ToolCall(
        caller=await renewed(call.caller),
        tool=nested.tool,
        input=nested.input,
        masked=nested.masked,
        version=nested.version,
        operation=nested.operation,
        timeout_ms=nested.timeout_ms,
        can_wait=False,
        parent_id=call.execution_id,
        made_by=target,
        traceparent=call.trace_below,
        conversation=call.conversation,
        end_user=call.end_user,
        provider=call.provider,
    )
