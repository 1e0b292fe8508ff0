"""Step 7: an answer given before, for versions that declare `cache_seconds`; after `permit`, so it leaks nothing."""

import hashlib
import json
from dataclasses import dataclass

from redis.asyncio.client import Pipeline

from registry.execution import shared
from registry.execution.passage import Settle
from registry.execution.types import Answer, Ending, Mode, Target, ToolCall
from registry.models.execution import Status

LARGEST_BYTES = 256_000


@dataclass(frozen=True)
class Found:
    answer: Answer | None
    """The earlier answer, or None: it has to be sent for."""
    settle: Settle | None
    """Keeps the new answer for the next caller."""


NOT_CACHED = Found(None, None)


async def look_up(call: ToolCall, target: Target) -> Found:
    """The kept answer for this version, tenant, operation and canonical input. None when Redis is away.

    A call that streams neither finds nor keeps one: its answer has another form.
    """
    if not target.cache_seconds or call.mode is Mode.STREAM:
        return NOT_CACHED
    key = _key(call, target)
    kept = await shared.get(key)
    if kept is not None:
        return Found(Answer(json.loads(kept), attempts=0, cached=True), None)

    def keep(ending: Ending, pipe: Pipeline) -> None:
        if ending.status is Status.SUCCEEDED and ending.answer is not None:
            value = json.dumps(ending.answer.output, separators=(",", ":"))
            if len(value) <= LARGEST_BYTES:
                pipe.set(key, value, ex=target.cache_seconds)

    return Found(None, keep)


def _key(call: ToolCall, target: Target) -> str:
    canonical = json.dumps([call.operation, call.input], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{shared.PREFIX}answer:{call.caller.tenant_id}:{target.version_id}:{digest}"
