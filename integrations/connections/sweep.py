"""What is over is destroyed: previous credentials, sign-ins and links that nobody finished."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import platform
from integrations.models import Connection, ConnectLink, Credential, OAuthFlow
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState

ACTOR = "system:sweep"
MOST_AT_ONCE = 500
UNFINISHED = timedelta(days=1)
"""After so long nobody comes back from the vendor any more."""


def sweep_connections(*, at: datetime | None = None) -> int:
    """How many credentials were destroyed. Any number of workers may run it."""
    now = at or timezone.now()
    with platform():
        destroyed = _destroy_previous(now)
        OAuthFlow.objects.filter(expires_at__lte=now - UNFINISHED).delete()
        ConnectLink.objects.filter(expires_at__lte=now - UNFINISHED).delete()
        _delete_unfinished(now)
    return destroyed


def _destroy_previous(now: datetime) -> int:
    over = Credential.objects.filter(state=CredentialState.PREVIOUS, valid_until__lte=now)
    rows = list(over.select_for_update(skip_locked=True)[:MOST_AT_ONCE])
    for row in rows:
        record(
            tenant_id=row.tenant_id,
            actor=ACTOR,
            action="connection.previous_destroyed",
            subject=f"connection:{row.connection_id}",
            detail={"credential": str(row.id)},
        )
    Credential.objects.filter(id__in=[row.id for row in rows]).delete()
    return len(rows)


def _delete_unfinished(now: datetime) -> None:
    """Connections that never were one: their slugs are free again."""
    pending = Connection.objects.filter(
        state=ConnectionState.PENDING, created_at__lte=now - UNFINISHED, credentials=None
    )
    rows = pending.select_for_update(of=("self",), skip_locked=True)
    Connection.objects.filter(id__in=[row.id for row in rows[:MOST_AT_ONCE]]).delete()
