"""What was left out of an answer is kept as an artifact, and the caller is told how to read on."""

from dataclasses import replace

from registry.artifacts.keep import address_of, keep_artifact
from registry.execution.types import Target, Told, ToolCall


async def keep(call: ToolCall, target: Target, told: Told) -> Told:
    """The same with its artifact, where there is something to keep."""
    if told.content is None:
        return told
    kept = await keep_artifact(
        told.content,
        tenant_id=call.caller.tenant_id,
        execution_id=call.execution_id,
        ttl_seconds=target.artifact_ttl_seconds,
    )
    rest = {"rest": _how_to_read_on(call, told) if kept.artifact else kept.reason}
    return replace(
        told,
        artifact=kept.artifact,
        truncated=told.truncated and told.truncated | rest,
        stored_truncated=told.stored_truncated and told.stored_truncated | rest,
    )


def _how_to_read_on(call: ToolCall, told: Told) -> str:
    address = address_of(call.execution_id)
    if told.content is not None and not told.content.is_text:
        return f"GET {address}content/ gives the bytes."
    return (
        f"GET {address}?offset=0&limit=16000 reads on by bytes, ?lines=10-40 by lines, ?grep=<regex> finds lines, "
        "?path=$.items[3] reads a part of JSON."
    )
