"""An event as routes see it: the one JSON document that conditions, templates and expressions look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from integrations.redaction import KnownSecrets, Rules, redact
from registry.redaction import redaction_without_tool
from webhooks.events.body import joined, read_body, read_fields
from webhooks.events.raw import Raw
from webhooks.events.signs import Signs, signs_of
from webhooks.models import WebhookEvent
from webhooks.signatures.forms import url_encoded
from webhooks.sources.hidden import hidden_of

NAMES = ("source", "type", "id", "event", "headers", "query", "body", "received_at", "origin", "replay")
"""What the document holds. `id` is the provider's, `event` is ours."""


@dataclass(frozen=True)
class Document:
    plain: Mapping[str, Any]
    rules: Rules
    """What may be stored of it."""
    signs: Signs
    hidden: KnownSecrets
    """The source's own secrets, which a sender may repeat anywhere."""

    @cached_property
    def masked(self) -> Mapping[str, Any]:
        """The same without signatures, and with secrets and personal data masked as the tenant's policy has it."""
        return self.signs.without(redact(self.plain, secrets=self.hidden, rules=self.rules).value)


def document_of(event: WebhookEvent, raw: Raw, *, replay: bool = False) -> Document:
    """The event has to come with its `source` and its `tenant`. Raises VaultLocked."""
    headers = headers_of(raw)
    plain = {
        "source": event.source.slug,
        "type": event.event_type,
        "id": event.external_id,
        "event": str(event.id),
        "headers": headers,
        "query": read_fields(url_encoded(query_of(raw.url).encode("latin-1", "replace"))),
        "body": read_body(headers.get("content-type", ""), raw.body),
        "received_at": event.received_at.isoformat().replace("+00:00", "Z"),
        "origin": event.origin,
        "replay": replay,
    }
    signs = signs_of(event.source)
    return Document(
        plain=signs.without_secrets(plain),
        rules=redaction_without_tool(event.tenant).stored,
        signs=signs,
        hidden=hidden_of(event.source, event.tenant.generation),
    )


def headers_of(raw: Raw) -> dict[str, str]:
    """By their names in lower case; one that came several times is joined with commas (RFC 9110, 5.3)."""
    found = joined((name.lower(), value) for name, value in raw.headers)
    return {name: value if isinstance(value, str) else ", ".join(value) for name, value in found.items()}


def query_of(url: str) -> str:
    return url.partition("#")[0].partition("?")[2]
