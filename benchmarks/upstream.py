"""An upstream that costs next to nothing: `python -m benchmarks.upstream PORT`.

Any request gets a small JSON answer; `/wait/200` gets it after 200 ms, and `/fail` gets a 503.
"""

import asyncio
import re
import sys
from typing import cast

import uvloop

BODY = b'{"found": true, "name": "Ada Lovelace", "account": 7}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
FAILURE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
_HEAD = re.compile(rb"\w+ (?:/wait/(\d+)|(/fail))?")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Upstream(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self.buffer, 0, end + 2)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < whole:
                return
            self._answer(self.buffer[:end])
            self.buffer = self.buffer[whole:]

    def _answer(self, head: bytes) -> None:
        match = _HEAD.match(head)
        if match and match[1]:
            asyncio.get_running_loop().call_later(int(match[1]) / 1000, self.transport.write, ANSWER)
        else:
            self.transport.write(FAILURE if match and match[2] else ANSWER)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
