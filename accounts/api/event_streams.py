"""An answer of Server-Sent Events: how one is written, and what holds for every one that we send."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from accounts.api.negotiation import JsonNegotiation

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE_SECONDS = 15.0
"""After so long without an event a comment is sent, so that nothing on the way takes the stream for dead."""
KEEP_ALIVE = b": keep-alive\n\n"
# A proxy that gathers answers before it passes them on would hold events back.
_HEADERS = {"Cache-Control": "no-cache, no-store, no-transform", "X-Accel-Buffering": "no"}

_json = JSONRenderer()


def frame(event: str, data: Any, *, id: str = "") -> bytes:  # noqa: A002  the field's name
    """One event, its data as JSON on one line."""
    head = f"id: {id}\nevent: {event}\n" if id else f"event: {event}\n"
    return b"%sdata: %s\n\n" % (head.encode(), _json.render(data))


class EventStreamResponse(StreamingHttpResponse):
    """Whoever serves it calls `aclose` whatever happens: then what makes the frames ends, too."""

    def __init__(self, frames: AsyncGenerator[bytes, None], *, end: Callable[[], Awaitable[None]]) -> None:
        super().__init__(frames, content_type=MEDIA_TYPE, headers=_HEADERS)
        self.frames = frames
        self._end = end

    async def aclose(self) -> None:
        try:
            await self.frames.aclose()
        finally:
            await self._end()


class EventStreamNegotiation(JsonNegotiation):
    """For addresses that can answer with events: a client that asks for them gets its problem documents as JSON."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if MEDIA_TYPE in request.META.get("HTTP_ACCEPT", ""):
            first, *_ = renderers
            return first, first.media_type or ""
        return super().select_renderer(request, renderers, format_suffix)
