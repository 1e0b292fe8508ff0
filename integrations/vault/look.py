"""Looking whether the vault opens what was sealed: the data keys, and one value for each version and place. Only reads.

Which key wrapped a data key is told by its first bytes, so that is looked up for all of them at once. Opening takes a
few queries for each tenant: the start does it for some, chosen at random, `vault check` for all. A value is looked for
among the newest of a place, since that is what an index gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from accounts.tenancy import platform, within
from integrations.errors import SealBroken
from integrations.models import DataKey
from integrations.vault.accepted import Accepted
from integrations.vault.data_keys import opens
from integrations.vault.places import SealedPlace, every_place
from integrations.vault.sealing import Opener

NEWEST = 1_000
"""Rows of a tenant and place among which a value of each version is looked for."""


@dataclass(frozen=True)
class Looked:
    """What was seen of one tenant."""

    tenant_id: UUID
    keys: int
    opened: int
    """Values."""
    troubles: tuple[str, ...]
    """What does not open, and where, as sentences."""


def count_keys(keys: Accepted) -> tuple[int, int]:
    """How many data keys were wrapped by a key that is not accepted, and how many there are. Raises KeyringUnusable."""
    with platform():
        others = DataKey.objects.alive()
        everyone = others.count()
        for each in keys:
            others = others.wrapped_by_others(each.mark)
        return others.count(), everyone


def some_tenants(most: int | None) -> list[UUID]:
    """Tenants that have a data key: all of them, or so many, chosen at random."""
    with platform():
        tenants = DataKey.objects.alive().order_by("?").values_list("tenant_id", flat=True)
        return list(dict.fromkeys(tenants))[:most]


def look_at(tenant_id: UUID) -> Looked:
    """Raises KeyringUnusable, VaultLocked."""
    with within(tenant_id):
        rows = list(DataKey.objects.alive().filter(tenant_id=tenant_id))
        closed = [row for row in rows if not opens(row)]
        found = [each for row in rows if row not in closed for each in _values(row, Opener(tenant_id))]
    return Looked(
        tenant_id,
        keys=len(rows),
        opened=found.count(""),
        troubles=(*(f"The data key {row} does not open." for row in closed), *filter(None, found)),
    )


def _values(key: DataKey, opener: Opener) -> Iterator[str]:
    """For each place where this version has sealed something: nothing, or what is wrong with it."""
    for place in every_place():
        if not place.expires and (sentence := _try(place, key.version, opener)) is not None:
            yield sentence


def _try(place: SealedPlace, version: int, opener: Opener) -> str | None:
    """None: there is nothing to try."""
    newest = place.model._default_manager.order_by("-pk").values("pk")[:NEWEST]
    row = place.sealed_with(version).filter(pk__in=newest).values("pk", place.column, *place.made_of).first()
    if row is None:
        return None
    try:
        opener.open(purpose=place.purpose, field=place.field.format_map(row), sealed=row[place.column])
    except SealBroken:
        return f"{place.name} of {row['pk']}, sealed with version {version}, does not open."
    return ""
