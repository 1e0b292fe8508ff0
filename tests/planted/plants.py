"""The secrets, and requests that carry them as a connection's credential does."""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from urllib.parse import quote

from accounts.ids import new_id
from integrations.connections.grant import CallGrant
from integrations.egress import EgressRequest
from integrations.egress.targets import read_target
from tests.integrations.redaction.test_formats import TOKENS

CONNECTION = new_id()
USER = "robot@acme.example"
NO_FORMAT = {
    "password with signs": 't0p "s3cr3t" <p&ss>/\'w+rd%',
    "password in umlauts": "geheim-Schlüssel-für-Zoë",
    "password that looks like a word": "correcthorsebatterystaple",
    "number": "83016442975510",
    "base64 of bytes": base64.b64encode(bytes(range(180, 228))).decode(),
}
PLANTED: Mapping[str, str] = {**TOKENS, **NO_FORMAT}


def _header(name: str, prefix: str = "") -> Callable[[EgressRequest, str], EgressRequest]:
    return lambda request, secret: replace(request, headers={**request.headers, name: f"{prefix}{secret}"})


def basic(secret: str) -> str:
    return base64.b64encode(f"{USER}:{secret}".encode()).decode()


def _basic(request: EgressRequest, secret: str) -> EgressRequest:
    return replace(request, headers={**request.headers, "Authorization": f"Basic {basic(secret)}"})


def _query(request: EgressRequest, secret: str) -> EgressRequest:
    sign = "&" if "?" in request.url else "?"
    return replace(request, url=f"{request.url}{sign}api_key={quote(secret, safe='')}")


def _body(request: EgressRequest, secret: str) -> EgressRequest:
    return replace(request, body=(request.body or b"") + f"&client_secret={secret}".encode())


PLACES: Mapping[str, Callable[[EgressRequest, str], EgressRequest]] = {
    "bearer": _header("Authorization", "Bearer "),
    "header": _header("X-Api-Key"),
    "prefixed header": _header("Authorization", "Token token="),
    "basic": _basic,
    "query": _query,
    "cookie": _header("Cookie", "session="),
    "body": _body,
}


@dataclass(frozen=True)
class Plant:
    name: str
    secret: str
    place: str

    def grant(self, base_url: str) -> CallGrant:
        """As a connection gives it for one call."""
        carry = PLACES[self.place]
        return CallGrant(
            connection_id=CONNECTION,
            credential_id=new_id(),
            token_version=1,
            base_url=base_url,
            origins=frozenset({read_target(base_url).origin}),
            refreshable=False,
            secrets=(self.secret, basic(self.secret)) if self.place == "basic" else (self.secret,),
            apply=lambda request: carry(request, self.secret),
        )


def plants() -> Iterator[Plant]:
    """Every secret in one place; those that no format gives away in all of them."""
    places = cycle(PLACES)
    yield from (Plant(name, secret, next(places)) for name, secret in TOKENS.items())
    yield from (Plant(name, secret, place) for name, secret in NO_FORMAT.items() for place in PLACES)
