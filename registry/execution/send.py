"""Step 9: through the tool's transport, again where that is safe, within one deadline."""

import asyncio
import random
from collections.abc import Awaitable
from functools import partial

from accounts.errors import QuartermasterError
from integrations.errors import UpstreamBroken, UpstreamFailure, UpstreamTimeout
from registry.errors import OutcomeUnknown, UpstreamRefused
from registry.execution.flow import Flow
from registry.execution.passage import Passage
from registry.execution.repeating import is_safe_to_repeat
from registry.execution.stored_input import stored_input
from registry.execution.types import Answer, Mode, Target, ToolCall
from registry.transports import TRANSPORTS
from registry.transports.base import CallTool, Dispatch, Reply


async def send(call: ToolCall, target: Target, passage: Passage, *, call_tool: CallTool) -> Answer:
    """The tool's answer. Raises its last error; the passage counts each attempt before it is made.

    What cannot be sent at all is no attempt: the call is refused.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + target.timeout_ms_for(call) / 1000
    flow = Flow(passage, target) if call.mode is Mode.STREAM else None
    attempt = 0
    while True:
        attempt += 1
        sending = _begin(call, target, passage, call_tool, deadline - loop.time(), flow)
        passage.count_attempt()
        try:
            reply = await sending
            output = reply.output if flow is None else await flow.finish(reply)
            passage.note_attempt()
            return Answer(output, attempts=attempt, media_type=reply.media_type, masked=reply.masked)
        except QuartermasterError as error:
            if flow is not None and flow.has_begun:
                raise flow.blamed(error) or _as_told(error, target) from error
            pause = _pause_before_next(error, target, attempt)
            if not _worth_repeating(error, target, attempt) or loop.time() + pause >= deadline:
                passage.note_attempt(error)
                raise _as_told(error, target) from error
            passage.note_attempt(error, pause)
        await asyncio.sleep(pause)


def _begin(
    call: ToolCall,
    target: Target,
    passage: Passage,
    call_tool: CallTool,
    timeout_seconds: float,
    flow: Flow | None,
) -> Awaitable[Reply]:
    operation = call.operation or next(iter(target.declared.endpoints), "")
    return TRANSPORTS[target.transport].send(
        Dispatch(
            declared=target.declared,
            input=call.input,
            operation=operation,
            timeout_seconds=timeout_seconds,
            tenant_id=call.caller.tenant_id,
            tenant_slug=call.caller.tenant_slug,
            egress_networks=target.egress_networks,
            progress=passage.report,
            call_tool=call_tool,
            idempotency_key=f"qm-{call.execution_id}",
            traceparent=call.trace_below,
            max_output_bytes=target.max_output_bytes,
            emit=None if flow is None else flow.emit,
            masked_input=partial(stored_input, call, target.redaction),
        )
    )


def _as_told(error: QuartermasterError, target: Target) -> QuartermasterError:
    """A call that left and was never answered may have had its effect; only a harmless one merely failed."""
    if not _may_have_acted(error) or is_safe_to_repeat(target):
        return error
    return OutcomeUnknown(
        f"{_what_happened(error)} The call may have had its effect: look at the service before repeating it.",
        extra=error.extra,
    )


def _what_happened(error: QuartermasterError) -> str:
    """The first sentence: what comes after it tells to try again."""
    return f"{error.message.partition('. ')[0].removesuffix('.')}."


def _may_have_acted(error: QuartermasterError) -> bool:
    if isinstance(error, UpstreamRefused):
        return error.may_have_acted
    return isinstance(error, UpstreamTimeout | UpstreamBroken) and error.sent


def _worth_repeating(error: QuartermasterError, target: Target, attempt: int) -> bool:
    """More attempts are allowed, the error may pass, and a second effect is impossible or harmless."""
    never_left = isinstance(error, UpstreamFailure) and not error.sent
    return attempt < target.attempts and _may_pass(error, target) and (never_left or is_safe_to_repeat(target))


def _may_pass(error: QuartermasterError, target: Target) -> bool:
    wanted = target.backoff.on_status
    if wanted is None or not isinstance(error, UpstreamRefused):
        return error.retryable
    return error.upstream_status in wanted


def _pause_before_next(error: QuartermasterError, target: Target, attempt: int) -> float:
    """Exponential with full jitter; what the upstream asked for when it asked."""
    if error.retry_after is not None:
        return error.retry_after
    return random.uniform(0, target.backoff.ceiling(attempt))  # noqa: S311  jitter, not a secret
