"""A request as everybody may see it who may look at events: without the address, its signatures, and what is secret."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from integrations.redaction import redact, redact_text
from webhooks.events.document import Document
from webhooks.events.raw import Raw
from webhooks.events.signs import without_address
from webhooks.signatures.forms import MULTIPART, URLENCODED

LARGEST_BYTES = 64_000
"""Of a body that is shown masked."""


def masked(raw: Raw, document: Document) -> Raw:
    """The body is written anew; None: it is no text, or too large."""
    return replace(
        raw,
        url=_url(raw.url, document),
        headers=tuple((name, _header(name, value, document)) for name, value in raw.headers),
        body=_body(raw, document),
    )


def _url(url: str, document: Document) -> str:
    query = document.masked["query"]
    address = redact_text(without_address(url.partition("#")[0].partition("?")[0]), secrets=document.hidden)
    return f"{address}?{_encoded(query)}" if query else address


def _header(name: str, value: str, document: Document) -> str:
    shown: dict[str, str] = redact(
        {name: document.signs.header(name, value)}, secrets=document.hidden, rules=document.rules
    ).value
    return next(iter(shown.values()), "")


def _body(raw: Raw, document: Document) -> bytes | None:
    if raw.body is None or len(raw.body) > LARGEST_BYTES:
        return None
    return _written(document.masked["body"], document.plain["headers"].get("content-type", ""))


def _written(body: Any, content_type: str) -> bytes | None:
    if body is None or isinstance(body, str):
        return None if body is None else body.encode()
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == URLENCODED and isinstance(body, dict):
        return _encoded(body).encode()
    return None if media_type == MULTIPART else json.dumps(body, ensure_ascii=False).encode()


def _encoded(fields: dict[str, Any]) -> str:
    written = {
        name: value if isinstance(value, str | list) else json.dumps(value, ensure_ascii=False)
        for name, value in fields.items()
    }
    return urlencode(written, doseq=True, safe="[]:")
