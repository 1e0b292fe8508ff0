"""The secrets of a tenant's connections, to be looked for in what agents want remembered."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from integrations.connections.holding import connector_of
from integrations.connections.sealed import open_client_secret, open_token, open_values
from integrations.errors import ConnectionMissing, SealBroken, VaultErased
from integrations.models import Connection, Credential, OAuthApp
from integrations.models.credential import CredentialState
from integrations.redaction import KnownSecrets

MOST_CONNECTIONS = 500
"""The newest: each costs an opening, and every form of its values a word to look for."""
_UNREADABLE = (SealBroken, VaultErased)


def known_secrets(tenant_id: UUID) -> KnownSecrets:
    """Inside the tenant's scope, two queries. What does not open cannot be looked for. Raises VaultLocked."""
    living = Connection.objects.living().filter(tenant_id=tenant_id)
    current = Credential.objects.filter(state=CredentialState.CURRENT, connection__in=living)
    rows = current.select_related("connection").order_by("-created_at")[:MOST_CONNECTIONS]
    apps = OAuthApp.objects.filter(tenant_id=tenant_id)
    return KnownSecrets(
        [*(text for row in rows for text in _texts(row)), *(text for app in apps for text in _app(app))]
    )


def _texts(credential: Credential) -> Iterator[str]:
    with suppress(*_UNREADABLE):
        values = open_values(credential)
        secret = _secret_fields(credential.connection)
        yield from (text for name, text in values.items() if secret is None or name in secret)
    with suppress(*_UNREADABLE):
        yield from open_token(credential)


def _app(app: OAuthApp) -> Iterator[str]:
    with suppress(*_UNREADABLE):
        yield open_client_secret(app)


def _secret_fields(connection: Connection) -> frozenset[str] | None:
    """None: its connector is gone, so that all are taken for secret."""
    try:
        return frozenset(connector_of(connection)[1].secret_fields)
    except ConnectionMissing:
        return None
