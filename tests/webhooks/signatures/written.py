"""Schemes written for a test, and requests for them."""

from collections.abc import Mapping
from typing import Any

from tests.webhooks.signatures.vector_files import NOON, URL
from webhooks.signatures.read import read_scheme
from webhooks.signatures.received import Received
from webhooks.signatures.types import Scheme

SECRET = "correct horse battery staple"
PLAIN: dict[str, Any] = {
    "name": "Parcels",
    "docs": "https://docs.parcels.example/webhooks",
    "setup": ["Paste {url}."],
    "secret": {"title": "Signing secret"},
    "signatures": [{"verify": "hmac", "values": {"signature": {"header": "X-Signature"}}, "signed": "{body}"}],
    "event": {"id": {"json": "id"}, "type": {"json": "type"}},
}


def document(signature: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The plain one, with these fields of its signature and of itself."""
    return PLAIN | {"signatures": [PLAIN["signatures"][0] | (signature or {})]} | fields


def scheme(signature: Mapping[str, Any] | None = None, **fields: Any) -> Scheme:
    return read_scheme("parcels", document(signature, **fields))


def request(
    body: bytes | str = b'{"id": "evt_1", "type": "parcel.sent"}',
    *,
    method: str = "POST",
    url: str = URL,
    headers: Mapping[str, str] | None = None,
) -> Received:
    content = body.encode() if isinstance(body, str) else body
    return Received(method, url, tuple({"Content-Type": "application/json", **(headers or {})}.items()), content, NOON)
