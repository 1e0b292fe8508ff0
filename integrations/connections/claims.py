"""Who asks for a credential's next token: claimed in its row by one process, and given up with what came of it."""

import math
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.audit import record
from accounts.errors import Invalid, QuartermasterError
from accounts.models import Tenant
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.account import rules_for
from integrations.connections.auth import Token, TokenCall, scheme
from integrations.connections.auth.base import Refusal
from integrations.connections.credentials import TOKEN_FIELDS, put_token
from integrations.connections.expire import note_expired
from integrations.connections.holding import credential_of, find, held_by
from integrations.connections.pinning import move
from integrations.connections.sealed import open_token
from integrations.connections.timing import CLAIM_SECONDS, REFUSALS_UNTIL_EXPIRED, cooled, counted
from integrations.connections.words import quoting
from integrations.egress import EgressRules
from integrations.errors import ConnectionExpired, ConnectionMissing, TokenUnavailable
from integrations.format.types import AuthWay, Connector
from integrations.models import Connection, Credential
from integrations.models.connection import ConnectionState

ACTOR = "system:refresh"


class Others(Enum):
    CLAIMED = "claimed"
    NEWER = "newer"


CLAIMED: Final = Others.CLAIMED
"""Somebody else is asking."""
NEWER: Final = Others.NEWER
"""Somebody else has asked."""


@dataclass(frozen=True)
class Claim:
    """The right to ask, once."""

    tenant_id: UUID
    connection_id: UUID
    credential_id: UUID
    token_version: int
    """Of the token that the next one takes the place of."""
    connector: Connector = field(repr=False)
    way: AuthWay = field(repr=False)
    call: TokenCall = field(repr=False)
    rules: EgressRules = field(repr=False)


def claim(tenant_id: UUID, connection_id: UUID, after: int) -> Claim | Others:
    """Raises ConnectionMissing, ConnectionExpired when there is nothing to ask with, TokenUnavailable while cooling."""
    with within(tenant_id):
        connection = find(connection_id)
        credential = credential_of(connection)
        if credential.token_version > after:
            return NEWER
        _refuse_cooling(connection, credential)
        if not _claimed(credential):
            return CLAIMED
        connector, held = held_by(connection, credential)
        call = scheme(held.way.type).ask(held)
        if call is not None:
            rules, version = rules_for(Tenant.objects.get(id=tenant_id)), credential.token_version
            return Claim(tenant_id, connection_id, credential.id, version, connector, held.way, call, rules)
        reason = f"{connector.name} gave nothing to renew its token with"
    _give_up(tenant_id, connection, credential, reason)
    raise expired(connection, reason)


def _give_up(tenant_id: UUID, connection: Connection, credential: Credential, reason: str) -> None:
    """Nobody looks again before the token expires; and from then on the connection is expired.

    In a transaction of its own: who has claimed a credential in the same one may not wait for its connection.
    """
    with within(tenant_id):
        living = Connection.objects.living().select_for_update().filter(id=connection.id).first()
        same = Credential.objects.filter(id=credential.id, token_version=credential.token_version)
        if living is None or not same.update(claimed_until=None, cool_until=F("expires_at"), ends_at=F("expires_at")):
            return
        is_over = credential.expires_at is not None and credential.expires_at <= timezone.now()
        if is_over and living.state == ConnectionState.ACTIVE:
            note_expired(living, actor=ACTOR, reason=reason)


def keep(claimed: Claim, token: Token) -> None:
    """Commit the token. Nothing happens when the row has another one by now, or is gone."""
    with within(claimed.tenant_id):
        connection, credential = _locked(claimed)
        if connection is None or credential is None:
            return
        _, old_refresh = open_token(credential)
        put_token(credential, token, refresh=token.refresh or old_refresh)
        credential.save(update_fields=TOKEN_FIELDS)
        record(
            tenant_id=claimed.tenant_id,
            actor=ACTOR,
            action="connection.refreshed",
            subject=f"connection:{connection.id}",
            detail={"credential": str(credential.id), "token_version": credential.token_version},
        )
        if _note_token(connection, claimed, token):
            bump_generation(claimed.tenant_id)


def note_failure(claimed: Claim, failure: Refusal | QuartermasterError) -> QuartermasterError | None:
    """What to tell those who wait; None when there is a newer token all the same."""
    with within(claimed.tenant_id):
        connection, credential = _locked(claimed)
        if connection is None or credential is None:
            return None
        credential.failures = counted(credential.failures, refused=isinstance(failure, Refusal))
        credential.claimed_until = None
        credential.cool_until = cooled(timezone.now(), credential.failures)
        credential.save(update_fields=["failures", "claimed_until", "cool_until"])
        if isinstance(failure, Refusal):
            return _note_refusal(claimed, connection, credential, failure)
        return _unavailable(claimed.connector.name, failure.message, credential.cool_until)


def _note_refusal(
    claimed: Claim, connection: Connection, credential: Credential, refusal: Refusal
) -> QuartermasterError:
    name = claimed.connector.name
    dead = {"invalid_grant", *(claimed.way.oauth.dead_codes if claimed.way.oauth else ())}
    if refusal.code in dead or credential.failures >= REFUSALS_UNTIL_EXPIRED:
        reason = f"{name} gives no new token. It says: “{refusal.words}”"
        if connection.state == ConnectionState.ACTIVE:
            note_expired(connection, actor=ACTOR, reason=reason)
        return expired(connection, reason)
    return _unavailable(name, quoting(refusal.words), credential.cool_until)


def expired(connection: Connection, reason: str) -> ConnectionExpired:
    why = reason.removesuffix(".")
    return ConnectionExpired(f"The connection `{connection.slug}` has expired. {why}. An admin can reconnect it.")


def _refuse_cooling(connection: Connection, credential: Credential) -> None:
    now = timezone.now()
    if credential.cool_until is not None and now < credential.cool_until:
        if connection.state == ConnectionState.EXPIRED:
            raise expired(connection, connection.reason)
        raise _unavailable(connection.name, "It refused a moment ago.", credential.cool_until)


def _unavailable(name: str, said: str, until: datetime | None) -> TokenUnavailable:
    error = TokenUnavailable(f"{name} gave no token for this call. {said} Nothing was sent.")
    if until is not None:
        error.retry_after = max(1.0, math.ceil((until - timezone.now()).total_seconds()))
    return error


def _claimed(credential: Credential) -> bool:
    """By the database's clock, so that it does not matter how those of the processes differ."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    mine = Credential.objects.filter(free, id=credential.id, token_version=credential.token_version)
    return mine.update(claimed_until=Now() + timedelta(seconds=CLAIM_SECONDS)) == 1


def _locked(claimed: Claim) -> tuple[Connection | None, Credential | None]:
    """The rows, as long as they are what was claimed. In this order, as everywhere."""
    connection = Connection.objects.living().select_for_update().filter(id=claimed.connection_id).first()
    credential = Credential.objects.select_for_update().filter(
        id=claimed.credential_id, token_version=claimed.token_version
    )
    return connection, credential.first()


def _note_token(connection: Connection, claimed: Claim, token: Token) -> bool:
    """Whether what came with the token changes the connection."""
    before = (connection.state, connection.variables, connection.scopes)
    with suppress(Invalid, ConnectionMissing):  # then the base URL stays what it is: the token must not be lost
        move(connection, claimed.connector, claimed.way, token.kept)
    if token.scopes is not None:
        connection.scopes = list(token.scopes)
    if connection.state == ConnectionState.EXPIRED:
        connection.state, connection.reason = ConnectionState.ACTIVE, ""
    if before == (connection.state, connection.variables, connection.scopes):
        return False
    connection.save(update_fields=["state", "reason", "variables", "origins", "scopes", "updated_at"])
    return True
