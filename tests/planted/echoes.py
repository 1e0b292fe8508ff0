"""Services that give back whatever they were sent, in every dress: `/echo?status=400&dress=html`."""

import base64
import html
import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, quote, quote_plus

from tests.integrations.egress.upstreams import Behaviour, Peer
from tests.registry.streaming.server import HEAD, chunked

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "percent": quote,
    "percent, all of it": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "json": json.dumps,
    "json in json": lambda text: json.dumps(json.dumps(text)),
    "json, slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "html": html.escape,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, a letter later": lambda text: base64.b64encode(f"z{text}".encode()).decode(),
    "base64, two letters later": lambda text: base64.b64encode(f"zz{text}".encode()).decode(),
    "base64 of URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
}
STATUS = {"200": "200 OK", "400": "400 Bad Request", "401": "401 Unauthorized", "500": "500 Internal Server Error"}


def sent(peer: Peer) -> str:
    return f"{peer.head.encode('latin-1').decode()}\n\n{peer.body.decode()}"


def dressed(peer: Peer) -> dict[str, str]:
    return {name: encode(sent(peer)) for name, encode in ENCODINGS.items()}


def as_json(peer: Peer) -> tuple[str, str]:
    head = dict(line.split(": ", 1) for line in sent(peer).partition("\n\n")[0].split("\n")[1:])
    return "application/json", json.dumps({"error": "no", "headers": head, "sent": dressed(peer), "path": peer.path})


def as_text(peer: Peer) -> tuple[str, str]:
    return "text/plain; charset=utf-8", "\n".join(dressed(peer).values())


def as_html(peer: Peer) -> tuple[str, str]:
    items = "".join(f"<li title='{name}'>{html.escape(text)}</li>" for name, text in dressed(peer).items())
    return "text/html; charset=utf-8", f"<html><h1>It went wrong</h1><pre>{sent(peer)}</pre><ul>{items}</ul></html>"


DRESSES = {"json": as_json, "text": as_text, "html": as_html}


def echo(peer: Peer) -> bool:
    asked = {name: values[0] for name, values in parse_qs(peer.path.partition("?")[2]).items()}
    content_type, body = DRESSES[asked["dress"]](peer)
    return peer.answer(body.encode(), STATUS[asked["status"]], Content_Type=content_type, X_Echo="yes")


def halves(text: str) -> Iterator[str]:
    """Pieces of 7 letters: wherever a secret stands, it is cut."""
    return (text[at : at + 7] for at in range(0, len(text), 7))


def as_events(peer: Peer) -> None:
    """What was sent, in words of a model's answer; each event in two parts on the wire."""
    peer.raw(HEAD.format("text/event-stream").encode())
    for piece in halves(sent(peer)):
        event = f"event: delta\ndata: {json.dumps({'delta': {'text': piece}})}\n\n".encode()
        peer.raw(chunked(event[:20]) + chunked(event[20:]))
    peer.raw(b"0\r\n\r\n")


def as_lines(peer: Peer) -> None:
    peer.raw(HEAD.format("application/x-ndjson").encode())
    for piece in halves(sent(peer)):
        peer.raw(chunked(json.dumps(piece).encode() + b"\n"))
    peer.raw(b"0\r\n\r\n")


def as_pieces(peer: Peer) -> None:
    peer.raw(HEAD.format("text/plain; charset=utf-8").encode())
    for piece in halves(sent(peer)):
        peer.raw(chunked(piece.encode()))
    peer.raw(b"0\r\n\r\n")


def hang_up(peer: Peer) -> None:
    """In the middle of a head that repeats what was sent."""
    peer.raw(f"HTTP/1.1 200 OK\r\nX-Echo {sent(peer)}".encode())


ECHOES: dict[str, Behaviour] = {
    "/echo": echo,
    "/events": as_events,
    "/lines": as_lines,
    "/pieces": as_pieces,
    "/hang-up": hang_up,
}
