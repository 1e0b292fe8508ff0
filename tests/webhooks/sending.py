"""A platform that posts webhooks: signed, and over ASGI as a web process gets them."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.caller import System
from accounts.models import Tenant
from accounts.tenancy import within
from config.application import application
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.sources.address import path_of, token_of
from webhooks.sources.create import create_source

SECRET = "it is a secret to everybody"
BY = System("tests")
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Told:
    """What the platform is answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def make_source(tenant: Tenant, slug: str = "repo", **facts: Any) -> WebhookSource:
    """GitHub's, with SECRET, unless told otherwise."""
    usual: dict[str, Any] = {"scheme": "github"} | ({} if facts.get("unsigned") else {"secret": SECRET})
    with within(tenant.id):
        return create_source(tenant_id=tenant.id, by=BY, slug=slug, **(usual | facts))


def path_to(source: WebhookSource) -> str:
    with within(source.tenant_id):
        return path_of(token_of(source))


def signed(body: bytes, *, event_id: str = "", secret: str = SECRET, event: str = "push") -> list[tuple[str, str]]:
    """As GitHub signs: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return [
        ("content-type", "application/json"),
        ("x-github-event", event),
        *([("x-github-delivery", event_id)] if event_id else []),
        ("x-hub-signature-256", f"sha256={signature}"),
    ]


def events_of(source: WebhookSource) -> list[WebhookEvent]:
    """The eldest first."""
    with within(source.tenant_id):
        return list(WebhookEvent.objects.filter(source=source).order_by("id"))


async def post(
    path: str,
    body: bytes | Sequence[bytes] = b"",
    headers: Pairs = (),
    *,
    method: str = "POST",
    query: str = "",
    hang_up: bool = False,
    client: str = "192.0.2.7",
    scheme: str = "https",
) -> Told:
    """Several pieces come in chunks; with `hang_up` the connection ends before the last one."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    scope = {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": path,
        "query_string": query.encode("latin-1"),
        "client": (client, 50_000),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }
    return await _over_asgi(scope, _messages(pieces, hang_up=hang_up))


def _messages(pieces: Sequence[bytes], *, hang_up: bool) -> list[dict[str, Any]]:
    last = len(pieces) - 1
    sent: list[dict[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": hang_up or number < last}
        for number, piece in enumerate(pieces)
    ]
    return [*sent, {"type": "http.disconnect"}]


async def _over_asgi(scope: dict[str, Any], messages: list[dict[str, Any]]) -> Told:
    sent: list[Mapping[str, Any]] = []
    coming = iter(messages)

    async def receive() -> Mapping[str, Any]:
        await asyncio.sleep(0)
        return next(coming)

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    start, end = sent
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Told(start["status"], headers, end["body"])
