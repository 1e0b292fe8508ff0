"""The door of `/ws/live/`: who may come in, and what they are told first.

Told to the client, as JSON with a `type`:

    snapshot   {"position", "executions", "counters", "tools"}: all there is to start from
    frame      {"after", "upto", "count", "executions", "health", "counters", "tools"}: what happened in between
    changed    {"what"}: look again at these; they have no place in the audit trail, and a word may be lost
    paused     {"reason"}: a server is away, what happens is recorded and will be told; then `resumed`
    pong       the answer to {"type": "ping"}, the only thing a client may say

`?after=<position>` asks for what was missed since, instead of a snapshot. A handshake is refused with a problem
document, where the server can send one. An open socket is closed with 4000 + the status of the problem, its code as the
reason: 4400 not understood, 4401 signed out or key revoked, 4403 not allowed, 4408 reads too slowly, 4413 too long.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator, MutableMapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from accounts.api.problems import CONTENT_TYPE, problem, translate
from accounts.errors import Fault, Malformed, QuartermasterError, Throttled
from accounts.offload import in_database_thread
from registry.live.admission import admit, headers_of
from registry.live.frames import Frame, Snapshot, missed, snapshot
from registry.live.socket import LiveSocket, Receive, Send, Timing, close_code

SOCKETS_PER_TENANT = 200
"""In one process. Each costs memory and a share of every frame."""


class LiveConsumer:
    """The ASGI application."""

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()
        self._open: Counter[UUID] = Counter()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect, which holds nothing
        try:
            headers = headers_of(scope["headers"])
            after = _after(scope["query_string"])
            peer = (scope.get("client") or ("",))[0]
            visitor = await in_database_thread(admit, headers, peer)
            with self._seat(visitor.tenant_id):
                first = await in_database_thread(_first, visitor.tenant_id, after)
                socket = LiveSocket(
                    visitor, headers, peer=peer, position=after or 0, receive=receive, send=send, timing=self._timing
                )
                await socket.serve(first)
        except Exception as error:  # noqa: BLE001  the outermost place: what was raised here had no socket yet
            await refuse(scope, send, translate(error))

    @contextlib.contextmanager
    def _seat(self, tenant_id: UUID) -> Iterator[None]:
        if self._open[tenant_id] >= SOCKETS_PER_TENANT:
            raise Throttled("Your tenant has too many live sockets open. Close some, or try later.", retry_after=60)
        self._open[tenant_id] += 1
        try:
            yield
        finally:
            self._open[tenant_id] -= 1


async def refuse(scope: MutableMapping[str, Any], send: Send, error: QuartermasterError) -> None:
    """No socket: the problem document, or a plain refusal from a server that cannot send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": close_code(error)})
        return
    body = json.dumps(problem(error)).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


def _after(query: bytes) -> int | None:
    wanted = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    unknown = sorted(set(wanted) - {"after"})
    if unknown:
        raise Malformed(faults=[Fault(unknown[0], "There is no such parameter here. What there is: after.")])
    given = wanted.get("after", [])
    if not given:
        return None
    if len(given) > 1 or not (given[0].isascii() and given[0].isdigit() and len(given[0]) < 20):
        raise Malformed(faults=[Fault("after", "Give one position, as the last snapshot or frame told it.")])
    return int(given[0])


def _first(tenant_id: UUID, after: int | None) -> Frame | Snapshot | None:
    return snapshot(tenant_id) if after is None else missed(tenant_id, after)
