"""A service that gives back whatever it was sent, in every dress: `/echo?status=400&dress=html`.

It gives tokens for whatever it is shown, and takes every credential, until it is told to refuse them all.
"""

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, quote, quote_plus

from tests.integrations.egress.upstreams import Behaviour, Peer
from tests.planted.plants import ISSUED
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
    told = {"error": "no", "headers": head, "sent": dressed(peer), "path": peer.path, "next": here(peer)}
    return "application/json", json.dumps(told)


def here(peer: Peer) -> str:
    """Where to go on: at the same service, which echoes that, too."""
    return f"http://127.0.0.1:{peer.upstream.port}/echo?status=200&dress=json"


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

# --- Tokens, checks and refusals ---

_PROOFS = re.compile(r"(?im)^(?:authorization|x-api-key|cookie|x-amz-security-token): (.*)$")


def proofs(peer: Peer) -> str:
    """What of a request proves who sent it."""
    head = peer.head.encode("latin-1").decode()
    return " ".join([*_PROOFS.findall(head), peer.path.partition("?")[2], peer.body.decode()])


def give_token(peer: Peer) -> bool:
    """RFC 6749, 5.1; what was asked with is told beside it."""
    token = {
        "access_token": ISSUED["access token"],
        "refresh_token": ISSUED["refresh token"],
        "token_type": "bearer",
        "expires_in": 3600,
        "scope": f"read {ISSUED['access token']}",
        "echo": sent(peer),
    }
    return peer.answer(json.dumps(token).encode(), Content_Type="application/json")


def let_in(peer: Peer) -> bool:
    told = {"token": ISSUED["token of a login"], "echo": sent(peer)}
    return peer.answer(json.dumps(told).encode(), Content_Type="application/json")


def take(peer: Peer) -> bool:
    """The account is called what it was proven with."""
    told = {"account": f"Acme {proofs(peer)}", "echo": sent(peer)}
    return peer.answer(json.dumps(told).encode(), Content_Type="application/json")


def refuse(encoding: str, status: str = "401") -> Behaviour:
    """Say no to everything, with what was shown: so encoded, and in both places where vendors put their words."""

    def answer(peer: Peer) -> bool:
        words = f"No to {ENCODINGS[encoding](proofs(peer))}"
        told = {"error": words, "error_description": words, "message": words, "sent": dressed(peer)}
        return peer.answer(json.dumps(told).encode(), STATUS[status], Content_Type="application/json")

    return answer


ASKED: dict[str, Behaviour] = {"/token": give_token, "/login": let_in, "/check": take, "/revoke": take}
