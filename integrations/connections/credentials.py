"""Keeping a credential: its row, its token, the one that it takes the place of."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from integrations.connections.auth import Token
from integrations.connections.sealed import seal_token, seal_values
from integrations.models import Connection, Credential
from integrations.models.credential import CredentialState


def keep_credential(
    connection: Connection, values: Mapping[str, str], token: Token | None, *, overlap: timedelta = timedelta(0)
) -> Credential:
    """A new current credential; the one that there was stays as the previous one for `overlap`, or is destroyed."""
    _step_back(connection, overlap)
    credential = Credential(tenant_id=connection.tenant_id, connection=connection)
    seal_values(credential, values)
    if token is not None:
        put_token(credential, token, refresh=token.refresh)
    credential.save(force_insert=True)
    return credential


def put_token(credential: Credential, token: Token, *, refresh: str) -> None:
    """Set, not saved. `refresh` is the refresh token that is good from now on."""
    now = timezone.now()
    seal_token(credential, access=token.access, refresh=refresh)
    credential.token_version += 1
    credential.expires_at = _after(now, token.lifetime_seconds)
    if token.refresh or credential.refresh_expires_at is None:
        credential.refresh_expires_at = _after(now, token.refresh_lifetime_seconds) if refresh else None
    # A vendor that gives the same refresh token again will give none when that one's time is over.
    was_kept = bool(refresh) and not token.refresh
    credential.ends_at = credential.refresh_expires_at if was_kept else None
    credential.refreshed_at = now
    credential.failures, credential.cool_until, credential.claimed_until = 0, None, None


TOKEN_FIELDS = (
    *("token", "token_version", "expires_at", "refresh_expires_at", "refreshed_at", "ends_at"),
    *("failures", "cool_until", "claimed_until"),
)
"""What `put_token` sets."""


def _step_back(connection: Connection, overlap: timedelta) -> None:
    """Only one is kept besides the current one."""
    kept = Credential.objects.filter(connection=connection)
    kept.filter(state=CredentialState.PREVIOUS).delete()
    if overlap:
        kept.update(state=CredentialState.PREVIOUS, valid_until=timezone.now() + overlap)
    else:
        kept.delete()


def _after(now: datetime, seconds: int | None) -> datetime | None:
    return now + timedelta(seconds=seconds) if seconds else None
