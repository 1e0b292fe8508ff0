"""Step 1: whose address it is. One query, and a few more when something of the tenant has changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cachetools import TTLCache

from accounts.limits import limits_of
from accounts.offload import in_database_thread
from accounts.prepared import prepared
from accounts.tenancy import within
from accounts.together import Together
from integrations.vault import Opener
from webhooks.models import WebhookSource
from webhooks.models.source import SourceState
from webhooks.receiving.identify import identifying
from webhooks.receiving.types import KnownSecret, KnownSource
from webhooks.sealed_places import PURPOSE
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.types import MOST_SECRETS
from webhooks.sources.address import public_url
from webhooks.sources.facts import settings_of
from webhooks.sources.hidden import read_hidden
from webhooks.sources.secrets import active_secrets
from webhooks.sources.token import digest_of

KEPT_SECONDS = 60
"""How long opened secrets stay in memory, as the keys that open them do."""

# Kept under the tenant's generation, which every change of a source bumps: never stale, only forgotten.
_known: TTLCache[tuple[UUID, int], KnownSource] = TTLCache(maxsize=10_000, ttl=KEPT_SECONDS)


@dataclass(frozen=True)
class Found:
    source_id: UUID
    tenant_id: UUID
    generation: int
    last_event_at: datetime | None


async def find(token: str) -> tuple[KnownSource, Found] | None:
    """None: nobody has this address, or not any more. Raises VaultLocked."""
    found = await _find_together(digest_of(token))
    if found is None:
        return None
    key = (found.source_id, found.generation)
    source = _known.get(key)
    if source is None:
        source = await in_database_thread(known_source, found.tenant_id, found.source_id)
        if source is not None:
            _known[key] = source
    return (source, found) if source is not None else None


# Each column by its name: a prepared statement outlives a migration that gives the function another one.
_ROWS = """
    SELECT shown.digest, source_id, tenant_id, generation, last_event_at
    FROM unnest(%s::bytea[]) AS shown (digest) CROSS JOIN LATERAL webhooks_source_by_token(shown.digest) AS found
"""


def _find_all(digests: Sequence[bytes]) -> list[Found | None]:
    with prepared() as cursor:
        cursor.execute(_ROWS, [list(set(digests))])
        found = {bytes(digest): Found(*rest) for digest, *rest in cursor.fetchall()}
    return [found.get(digest) for digest in digests]


async def _ask(digests: Sequence[bytes]) -> Sequence[Found | None]:
    return await in_database_thread(_find_all, digests)


_find_together: Together[bytes, Found | None] = Together(_ask, most=200, at_once=2)


def known_source(tenant_id: UUID, source_id: UUID) -> KnownSource | None:
    """As it is now; None: it was removed meanwhile. Raises VaultLocked, SealBroken."""
    with within(tenant_id):
        row = WebhookSource.objects.living().filter(id=source_id).first()
        return None if row is None else _known_source(row)


def _known_source(row: WebhookSource) -> KnownSource:
    opener = Opener(row.tenant_id)
    scheme, settings = scheme_named(row.scheme), settings_of(row, opener)
    return KnownSource(
        id=row.id,
        tenant_id=row.tenant_id,
        slug=row.slug,
        state=SourceState(row.state),
        scheme_name=row.scheme,
        scheme=scheme,
        settings=settings,
        secrets=tuple(_secrets(row, opener)),
        unsigned=row.unsigned,
        url=public_url(row, opener),
        max_body_bytes=row.max_body_bytes,
        limits=limits_of(row.rate_limit, None, None),
        networks=tuple(row.allowed_networks),
        identifying=identifying(scheme, settings, id_at=row.event_id_at, type_at=row.event_type_at),
        hidden=read_hidden(row, opener),
    )


def _secrets(row: WebhookSource, opener: Opener) -> Iterator[KnownSecret]:
    for secret in active_secrets(row).order_by("-id")[:MOST_SECRETS]:
        text = opener.open(purpose=PURPOSE, field=f"{secret.id}:secret", sealed=secret.sealed)
        yield KnownSecret(secret.id, text.decode(), secret.valid_until)
