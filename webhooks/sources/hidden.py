"""What of a source nobody is to see, wherever a sender repeats it: its secrets, its token, its secret settings."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from uuid import UUID

from cachetools import TTLCache

from integrations.errors import SealBroken, VaultErased
from integrations.redaction import KnownSecrets
from integrations.vault import Opener
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.sealed_places import PURPOSE
from webhooks.signatures.methods import SHARED
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.types import Scheme
from webhooks.sources.address import token_of
from webhooks.sources.facts import settings_of

KEPT_SECONDS = 60
_UNREADABLE = (SealBroken, VaultErased)

# Under the tenant's generation, which every change of a source bumps: never stale, only forgotten.
_known: TTLCache[tuple[UUID, int], KnownSecrets] = TTLCache(maxsize=2_000, ttl=KEPT_SECONDS)
_lock = Lock()


def hidden_of(source: WebhookSource, generation: int) -> KnownSecrets:
    """As it was at this generation of its tenant, inside whose scope this is called. Raises VaultLocked.

    Secrets that have been retired are among them until they are removed; what does not open cannot be looked for.
    """
    key = (source.id, generation)
    with _lock:
        known = _known.get(key)
    if known is None:
        known = read_hidden(source)
        with _lock:
            _known[key] = known
    return known


def read_hidden(source: WebhookSource, opener: Opener | None = None) -> KnownSecrets:
    """The same, as it is now."""
    texts = list(_texts(source, opener or Opener(source.tenant_id)))
    return KnownSecrets([*texts, *(text.encode().decode("latin-1") for text in texts)])  # as headers are read


def _texts(source: WebhookSource, opener: Opener) -> Iterator[str]:
    with suppress(*_UNREADABLE):
        yield token_of(source, opener)
    with suppress(*_UNREADABLE):
        yield from (text for name, text in settings_of(source, opener).items() if name not in source.settings)
    scheme = scheme_named(source.scheme)
    if scheme is not None and scheme.secret is not None and _is_shared(scheme):
        for secret in WebhookSecret.objects.filter(source=source):
            with suppress(*_UNREADABLE):
                text = opener.open(purpose=PURPOSE, field=f"{secret.id}:secret", sealed=secret.sealed).decode()
                yield from {text, text.strip(), text.strip().removeprefix(scheme.secret.strip)}


def _is_shared(scheme: Scheme) -> bool:
    """What somebody else can only verify with is no secret."""
    return any(signature.method in SHARED for signature in scheme.signatures)
