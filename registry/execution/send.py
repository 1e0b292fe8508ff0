"""Step 9: through the tool's transport, again where that is safe, within one deadline."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial

from accounts.errors import QuartermasterError
from integrations.connections.grant import CallGrant
from registry.execution.credential import Credential
from registry.execution.flow import Flow
from registry.execution.passage import Passage
from registry.execution.repeating import as_told, is_worth_repeating, pause_before_next
from registry.execution.stored_input import stored_input
from registry.execution.types import Answer, Mode, Target, ToolCall
from registry.transports import TRANSPORTS
from registry.transports.base import CallTool, Dispatch, Reply
from registry.transports.journal import Journal


@dataclass(frozen=True)
class _Shared:
    """What the attempts at one call have in common."""

    call: ToolCall
    target: Target
    passage: Passage
    call_tool: CallTool
    deadline: float
    flow: Flow | None
    journal: Journal = field(default_factory=Journal)


async def send(call: ToolCall, target: Target, passage: Passage, *, call_tool: CallTool) -> Answer:
    """The tool's answer. Raises its last error; the passage counts each attempt before it is made.

    What cannot be sent at all is no attempt: the call is refused.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + target.timeout_ms_for(call) / 1000
    flow = Flow(passage, target) if call.mode is Mode.STREAM else None
    shared = _Shared(call, target, passage, call_tool, deadline, flow)
    credential = None if target.connection_id is None else Credential(call, target.connection_id, passage, deadline)
    attempt = 0
    while True:
        attempt += 1
        grant = None if credential is None else await _grant(credential, shared.journal)
        sending = _begin(shared, grant, deadline - loop.time())
        passage.count_attempt()
        try:
            reply = await sending
            output = reply.output if flow is None else await flow.finish(reply)
            passage.note_attempt()
            return Answer(output, attempts=attempt, media_type=reply.media_type, masked=reply.masked)
        except QuartermasterError as error:
            if flow is not None and flow.has_begun:
                raise flow.blamed(error) or as_told(error, target, shared.journal) from error
            pause = pause_before_next(error, target, attempt)
            if credential is not None and await credential.is_to_be_renewed_after(error):
                attempt, pause = attempt - 1, 0.0  # a call that was refused its credential has had no effect
            elif not is_worth_repeating(error, target, attempt, shared.journal) or loop.time() + pause >= deadline:
                passage.note_attempt(error)
                raise as_told(error, target, shared.journal) from error
            passage.note_attempt(error, pause)
        await asyncio.sleep(pause)


async def _grant(credential: Credential, journal: Journal) -> CallGrant:
    """For the next attempt. Where there is none any more, what the attempts before have done is told."""
    try:
        return await credential.grant()
    except QuartermasterError as error:
        if journal.acted:
            journal.told_by(error)
        raise


def _begin(shared: _Shared, grant: CallGrant | None, timeout_seconds: float) -> Awaitable[Reply]:
    call, target, flow = shared.call, shared.target, shared.flow
    operation = call.operation or next(iter(target.declared.endpoints), "")
    return TRANSPORTS[target.transport].send(
        Dispatch(
            declared=target.declared,
            input=call.input,
            operation=operation,
            timeout_seconds=timeout_seconds,
            caller=call.caller,
            egress_networks=target.egress_networks,
            progress=shared.passage.report,
            call_tool=shared.call_tool,
            idempotency_key=call.upstream_key,
            end_user=call.end_user,
            traceparent=call.trace_below,
            max_output_bytes=target.max_output_bytes,
            emit=None if flow is None else flow.emit,
            masked_input=partial(stored_input, call, target.redaction),
            grant=grant,
            journal=shared.journal,
        )
    )
