"""Requests that came to a source, without a database: for the steps that look at nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.ids import new_id
from tests.webhooks.sending import SECRET, signed
from webhooks.models.source import SourceState
from webhooks.receiving.identify import identifying
from webhooks.receiving.types import Arrival, KnownSecret, KnownSource
from webhooks.signatures.read import read_scheme
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.types import Scheme

NOW = datetime(2030, 1, 31, 12, 0, tzinfo=UTC)
URL = "https://hooks.example/hooks/token/"
BODY = b'{"action": "opened", "number": 7}'
TENANT, SOURCE, KEY = (UUID(int=number) for number in (1, 2, 3))


def a_scheme(**parts: Any) -> Scheme:
    """One that signs nothing, with these parts."""
    usual = {"name": "Parcels", "docs": "https://docs.parcels.example", "setup": ["Paste {url}."]}
    return read_scheme("parcels", {**usual, "signatures": [{"verify": "none"}], **parts})


def a_secret(text: str = SECRET, valid_until: datetime | None = None) -> KnownSecret:
    return KnownSecret(KEY, text, valid_until)


def a_source(id_at: str = "", type_at: str = "", **facts: Any) -> KnownSource:
    """GitHub's, with SECRET, unless told otherwise."""
    usual = KnownSource(
        id=SOURCE,
        tenant_id=TENANT,
        slug="repo",
        state=SourceState.ACTIVE,
        scheme_name="github",
        scheme=scheme_named("github"),
        settings={},
        secrets=(a_secret(),),
        unsigned=False,
        url=URL,
        max_body_bytes=1_000_000,
        limits=None,
        networks=(),
        identifying=None,
    )
    known = replace(usual, **facts)
    return replace(known, identifying=identifying(known.scheme, known.settings, id_at=id_at, type_at=type_at))


def an_arrival(
    body: bytes = BODY,
    headers: Sequence[tuple[str, str]] | None = None,
    *,
    method: str = "POST",
    url: str = URL,
    source: KnownSource | None = None,
    **more: Any,
) -> Arrival:
    """As GitHub signs it, unless told otherwise."""
    came = tuple(signed(body, event_id="d-1") if headers is None else headers)
    usual: dict[str, Any] = {"id": new_id(), "address": "192.0.2.7"}
    return Arrival(source=source or a_source(), received=Received(method, url, came, body, NOW), **(usual | more))
