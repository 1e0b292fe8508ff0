"""A connection as a process keeps it: read once from its rows, sealed, and opened for the length of a call."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from accounts.tenancy import within
from integrations.connections.address import origins
from integrations.connections.auth import Held, scheme
from integrations.connections.grant import CallGrant
from integrations.connections.holding import credential_of, find, held_by
from integrations.connections.timing import renew_from
from integrations.vault import Sealer, sealer_for

_PURPOSE = "grant"


@dataclass(frozen=True)
class Kept:
    """Only `sealed` is secret."""

    connection_id: UUID
    credential_id: UUID
    token_version: int
    held: Held
    """Without anything secret in it."""
    origins: frozenset[tuple[str, str, int]]
    refreshable: bool
    is_complete: bool
    """False while a token has to be had first."""
    renew_from: datetime | None
    """From then on it is worth asking for another token; None: never."""
    expires_at: datetime | None
    sealed: bytes = field(repr=False)

    def is_good(self, now: datetime) -> bool:
        return self.is_complete and (self.expires_at is None or now < self.expires_at)

    def is_fresh(self, now: datetime) -> bool:
        return self.is_good(now) and (self.renew_from is None or now < self.renew_from)

    def is_what_was_refused(self, refused: CallGrant | None) -> bool:
        return (
            refused is not None
            and refused.token_version == self.token_version
            and (refused.credential_id == self.credential_id)
        )


def read(tenant_id: UUID, connection_id: UUID) -> Kept:
    """Raises ConnectionMissing, SealBroken, VaultLocked."""
    with within(tenant_id):
        connection = find(connection_id)
        credential = credential_of(connection)
        connector, held = held_by(connection, credential)
        way = scheme(held.way.type)
        values = {} if way.carries_token else held.values
        plain = json.dumps({"values": dict(values), "access": held.access}).encode()
        return Kept(
            connection_id=connection_id,
            credential_id=credential.id,
            token_version=credential.token_version,
            held=Held(held.way, held.base_url, held.variables),
            origins=origins(connector, connection.variables),
            refreshable=way.ask(held) is not None,
            is_complete=bool(held.access) or not way.carries_token,
            renew_from=renew_from(credential),
            expires_at=credential.expires_at,
            sealed=sealer_for(tenant_id).seal(purpose=_PURPOSE, field=str(credential.id), plaintext=plain),
        )


def opened(kept: Kept, sealer: Sealer) -> CallGrant:
    """Raises SealBroken when the tenant's data key was rotated since."""
    plain = json.loads(sealer.open(purpose=_PURPOSE, field=str(kept.credential_id), sealed=kept.sealed))
    held = replace(kept.held, values=plain["values"], access=plain["access"])
    return CallGrant(
        connection_id=kept.connection_id,
        credential_id=kept.credential_id,
        token_version=kept.token_version,
        base_url=held.base_url,
        origins=kept.origins,
        refreshable=kept.refreshable,
        secrets=held.secrets,
        apply=partial(scheme(held.way.type).apply, held=held),
    )
