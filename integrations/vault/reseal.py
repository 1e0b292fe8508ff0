"""Sealing a batch of values anew: read, open, seal with the new version, and put each where its old self still stands.

Rows that somebody else holds are left for another pass, so that no call waits for a rekeying and none can deadlock.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from integrations.errors import SealBroken
from integrations.vault.places import SealedPlace
from integrations.vault.sealing import Opener, Sealer

BATCH = 200

_SWAP = """
UPDATE {table} AS place SET {column} = anew.sealed
FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS anew (id, before, sealed)
WHERE place.{id} = anew.id AND place.{column} = anew.before
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resealed:
    done: int
    broken: int
    """Values that do not open."""
    last: UUID | None
    """The last row that was seen; None: there was none left."""


def reseal(place: SealedPlace, *, sealed_with: int, sealer: Sealer, after: UUID | None) -> Resealed:
    """The next batch of what a version has sealed in a place, in the tenant's scope. Raises VaultLocked."""
    rows = _next_rows(place, sealed_with, after)
    if not rows:
        return Resealed(done=0, broken=0, last=None)
    opener = Opener(sealer.tenant_id)
    anew = [(row["pk"], row[place.column], _anew(place, row, opener, sealer)) for row in rows]
    opened = [(key, bytes(before), sealed) for key, before, sealed in anew if sealed is not None]
    return Resealed(done=_swap(place, opened), broken=len(rows) - len(opened), last=rows[-1]["pk"])


def _next_rows(place: SealedPlace, version: int, after: UUID | None) -> list[dict[str, Any]]:
    rows = place.sealed_with(version).order_by("pk").select_for_update(skip_locked=True)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.values("pk", place.column, *place.made_of)[:BATCH])


def _anew(place: SealedPlace, row: Mapping[str, Any], opener: Opener, sealer: Sealer) -> bytes | None:
    field = place.field.format_map(row)
    try:
        plaintext = opener.open(purpose=place.purpose, field=field, sealed=row[place.column])
    except SealBroken:
        log.error("%s of %s does not open", place.name, row["pk"], extra={"action": "seal_broken"})
        return None
    return sealer.seal(purpose=place.purpose, field=field, plaintext=plaintext)


def _swap(place: SealedPlace, opened: Sequence[tuple[UUID, bytes, bytes]]) -> int:
    """How many still were what they had been."""
    if not opened:
        return 0
    about, quote = place.model._meta, connection.ops.quote_name
    statement = _SWAP.format(
        table=quote(about.db_table), column=quote(place.column), id=quote(about.pk.get_attname_column()[1] or "id")
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*opened, strict=True)])
        return int(cursor.rowcount)
