"""A live socket as tests hold it: the application itself, with the real Valkey and PostgreSQL behind it."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from registry.live.consumer import LiveConsumer
from registry.live.socket import Timing
from tests.corridor import Loop

PATIENCE_SECONDS = 20
UNHURRIED = Timing(recheck=3600, quiet=3600, after_frame=3600, spacing=0, patience=10, retry=0.01)
"""Nothing happens by itself: what a test sees was sent to it."""


class Socket:
    """`socket.open()`, `socket.hear()`, `socket.say(…)`, `socket.end()`."""

    def __init__(self, loop: Loop, headers: dict[str, str], query: str, timing: Timing) -> None:
        self._loop = loop
        self._communicator: Any = loop.run(self._make(headers, query, timing))

    async def _make(self, headers: dict[str, str], query: str, timing: Timing) -> Any:
        scope = {
            "type": "websocket",
            "path": "/ws/live/",
            "query_string": query.removeprefix("?").encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        return ApplicationCommunicator(LiveConsumer(timing), scope)  # type: ignore[no-untyped-call]

    def open(self) -> int | None:
        """None when it opened; else the code that it was refused with."""
        self._loop.run(self._communicator.send_input({"type": "websocket.connect"}))
        answer = self._next()
        return None if answer["type"] == "websocket.accept" else answer["code"]

    def hear(self) -> dict[str, Any]:
        """The next message, which has to come."""
        message = self._next()
        assert message["type"] == "websocket.send", message
        told: dict[str, Any] = json.loads(message["text"])
        return told

    def hear_end(self) -> tuple[int, str]:
        """The code and the reason that it is closed with."""
        message = self._next()
        assert message["type"] == "websocket.close", message
        return message["code"], message["reason"]

    def hears_nothing(self) -> bool:
        return bool(self._loop.run(self._communicator.receive_nothing(timeout=0.1)))

    def say(self, text: str = "", data: bytes = b"") -> None:
        said: dict[str, Any] = {"bytes": data} if data else {"text": text}
        self._loop.run(self._communicator.send_input({"type": "websocket.receive", **said}))

    def ping(self) -> None:
        self.say('{"type": "ping"}')
        assert self.hear() == {"type": "pong"}

    def end(self) -> None:
        self._loop.run(self._end())

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = self._loop.run(self._communicator.receive_output(timeout=PATIENCE_SECONDS))
        return message

    async def _end(self) -> None:
        await self._communicator.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._communicator.wait(PATIENCE_SECONDS)
