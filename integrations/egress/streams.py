"""An answer while it arrives. What nobody takes is not read: then the service waits, and our memory does not grow."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp

from integrations.egress.decoding import Decoder
from integrations.egress.messages import EgressResponse, EgressRules, readable
from integrations.egress.translation import LOWER_ERRORS, LowerError, translated
from integrations.errors import UpstreamTimeout


class EgressStream:
    """The head of an answer, and its body piece by piece. Good within the block of `stream` that gave it."""

    def __init__(self, response: aiohttp.ClientResponse, rules: EgressRules, *, final_url: str) -> None:
        self.status = response.status
        self.headers = readable(response.headers)
        self.final_url = final_url
        self._content = response.content
        self._rules = rules

    async def pieces(self, most_bytes: int | None = None) -> AsyncIterator[bytes]:
        """The body, unpacked, in pieces as they come, none of them large.

        Raises UpstreamTooLarge beyond `most_bytes` or the rules' size, UpstreamTimeout when the service pauses too
        long and UpstreamBroken when the body is cut or damaged.
        """
        decoder = Decoder(self.headers.get("Content-Encoding", ""), most_bytes or self._rules.max_response_bytes)
        while packed := await self._next():
            for piece in decoder.feed(packed):
                yield piece
        decoder.end()

    async def whole(self, most_bytes: int | None = None) -> EgressResponse:
        """Read to its end, as `send` would have given it."""
        body = b"".join([piece async for piece in self.pieces(most_bytes)])
        return EgressResponse(self.status, self.headers, body, self.final_url, 0.0)

    async def _next(self) -> bytes:
        """Empty at the end."""
        seconds = self._rules.idle_timeout_seconds
        idle = asyncio.timeout(seconds)
        try:
            async with idle:
                return await self._content.readany()
        except LOWER_ERRORS as error:
            cause = LowerError(error)
            if idle.expired():
                raise UpstreamTimeout(f"The service paused for more than {seconds:g} seconds.", sent=True) from cause
            raise translated(error, sent=True) from cause
