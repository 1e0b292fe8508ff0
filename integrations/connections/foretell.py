"""Telling beforehand that a credential comes to its end, where nobody but its person can do anything about it."""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.audit import record
from accounts.tenancy import platform
from integrations.connections.sweep import ACTOR, MOST_AT_ONCE
from integrations.models import Credential
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState

BEFORE = timedelta(days=7)


def foretell_ends(*, at: datetime | None = None) -> int:
    """How many were told of: each end once. Any number of workers may run it."""
    now = at or timezone.now()
    untold = Q(foretold=None) | ~Q(foretold=F("ends_at"))
    with platform():
        ending = Credential.objects.filter(
            untold,
            ends_at__gt=now,
            ends_at__lte=now + BEFORE,
            state=CredentialState.CURRENT,
            connection__state=ConnectionState.ACTIVE,
        )
        rows = ending.select_related("connection").select_for_update(of=("self",), skip_locked=True)
        found = list(rows[:MOST_AT_ONCE])
        for credential in found:
            _foretell(credential)
    return len(found)


def _foretell(credential: Credential) -> None:
    credential.foretold = ends_at = credential.ends_at
    credential.save(update_fields=["foretold"])
    record(
        tenant_id=credential.tenant_id,
        actor=ACTOR,
        action="connection.expiring",
        subject=f"connection:{credential.connection_id}",
        detail={
            "connector": credential.connection.connector,
            "credential": str(credential.id),
            "ends_at": ends_at.isoformat() if ends_at else None,
        },
    )
