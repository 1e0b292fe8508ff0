"""Which protocol and path goes to which handler, and what a web process closes when it ends."""

from channels.routing import ProtocolTypeRouter

from accounts.errors import NotFound
from config import closing
from config.handlers import ApiHandler, BoundedHandler, Receive, Scope, Send
from registry.live.consumer import LiveConsumer, refuse
from webhooks.receiving.door import door

LIVE = "/ws/live/"
HOOKS = "/hooks/"

_api = ApiHandler()
_pages = BoundedHandler()
_live = LiveConsumer()


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if path.startswith(HOOKS):
        await door(scope, receive, send)
    else:
        handler = _api if path.startswith("/api/v1/") else _pages
        await handler(scope, receive, send)


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == LIVE:
        await _live(scope, receive, send)
    else:
        await refuse(scope, send, NotFound(f"The only socket here is {LIVE}"))


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        is_over = message["type"] == "lifespan.shutdown"
        if is_over:
            await closing.close()
        await send({"type": f"{message['type']}.complete"})  # the server ends the loop as soon as it hears this
        if is_over:
            return


application = ProtocolTypeRouter({"http": http, "websocket": websocket, "lifespan": lifespan})
