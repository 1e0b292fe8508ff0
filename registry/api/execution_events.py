"""An execution's own stream: its state now and each change, as Server-Sent Events, until it has ended."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.event_streams import (
    KEEP_ALIVE,
    KEEP_ALIVE_SECONDS,
    MEDIA_TYPE,
    EventStreamNegotiation,
    EventStreamResponse,
    frame,
)
from accounts.api.problems import problem
from accounts.api.views import AsyncTenantView
from accounts.authenticate import authenticate
from accounts.caller import Caller
from accounts.errors import Fault, Malformed, QuartermasterError, Throttled
from accounts.offload import in_database_thread
from accounts.pool import AWAY
from accounts.roles import Right
from accounts.tenancy import within
from registry.api.outcomes import represent_execution
from registry.execution.sealed_output import as_told
from registry.following import State, follow, state_of
from registry.models import Execution

STREAMS_PER_KEY = 20
"""In one process. Each looks at its row now and then."""
RECHECK_SECONDS = 30.0
"""How often the key of an open stream is looked at again."""
LONGEST_SECONDS = 3600.0
"""Then a stream is closed; a client goes on with `Last-Event-ID`."""

_MARK = re.compile(r"[!-~]{0,200}")
_open: Counter[UUID | None] = Counter()


class ExecutionEventsView(AsyncTenantView):
    content_negotiation_class = EventStreamNegotiation
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(
        responses={
            (200, MEDIA_TYPE): OpenApiResponse(
                OpenApiTypes.STR,
                description="`state` (the execution), `progress`, and at last `end` (the execution) or `error`.",
            ),
            204: OpenApiResponse(description="It has ended, and you have seen how."),
        },
        parameters=[
            OpenApiParameter(
                "Last-Event-ID",
                location=OpenApiParameter.HEADER,
                description="The last event that was seen: a state that is still the same is not told again.",
            )
        ],
    )
    async def get(self, request: Request, caller: Caller, execution_id: UUID) -> HttpResponseBase:
        """Follow an execution: its state now, then each change, until it has ended."""
        seen = _last_seen(request)
        state = await in_database_thread(state_of, caller.tenant_id, execution_id)
        if state.has_ended and seen == state.mark:
            return Response(status=204)
        _take_seat(caller)
        frames = _frames(state, seen, request.META["HTTP_AUTHORIZATION"], caller)
        return EventStreamResponse(frames, end=partial(_leave_seat, caller))


def _last_seen(request: Request) -> str:
    given = request.headers.get("Last-Event-ID", "")
    if not _MARK.fullmatch(given):
        raise Malformed(faults=[Fault("Last-Event-ID", "Send the `id` of an event of this stream, or leave it out.")])
    return given


def _take_seat(caller: Caller) -> None:
    if _open[caller.key_id] >= STREAMS_PER_KEY:
        raise Throttled(
            f"This key has {STREAMS_PER_KEY} streams open, which is as many as it may. Close some, or poll instead.",
            retry_after=5,
        )
    _open[caller.key_id] += 1


async def _leave_seat(caller: Caller) -> None:
    _open[caller.key_id] -= 1
    if not _open[caller.key_id]:
        del _open[caller.key_id]


async def _frames(state: State, seen: str, authorization: str, caller: Caller) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    now = loop.time()
    said_at, checked_at, ends_at = now, now, now + LONGEST_SECONDS
    if state.mark != seen:
        yield await _frame(state, caller.agent_id)
    async with aclosing(follow(state)) as changes:
        async for change in changes:
            now = loop.time()
            if now - checked_at > RECHECK_SECONDS:
                checked_at = now
                if (refused := await _refusal(authorization, caller.address)) is not None:
                    yield frame("error", problem(refused))
                    return
            if change is not None:
                yield await _frame(change, caller.agent_id, told=state)
                said_at, state = now, change
            elif now - said_at > KEEP_ALIVE_SECONDS:
                yield KEEP_ALIVE
                said_at = now
            if now > ends_at:
                return


async def _frame(state: State, agent_id: UUID | None, told: State | None = None) -> bytes:
    """Progress alone is told alone; any other change with all of the execution."""
    execution = state.execution
    if state.has_ended:
        if execution.sealed_output is not None:
            execution = await in_database_thread(_opened, execution, agent_id)
        return frame("end", represent_execution(execution), id=state.mark)
    if told is not None and state.stage == told.stage:
        return frame("progress", execution.progress, id=state.mark)
    return frame("state", represent_execution(execution), id=state.mark)


def _opened(execution: Execution, agent_id: UUID | None) -> Execution:
    with within(execution.tenant_id):
        return as_told(execution, agent_id)


async def _refusal(authorization: str, address: str) -> QuartermasterError | None:
    """Why whoever opened the stream, from this address, may not read any more."""
    try:
        caller = await in_database_thread(authenticate, authorization, address)
        caller.require(Right.READ)
    except AWAY:
        return None
    except QuartermasterError as error:
        return error
    return None
