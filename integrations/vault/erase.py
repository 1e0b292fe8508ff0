"""Erasing a tenant's secrets: its data keys are destroyed, and it is tried whether anything still opens.

The sealed values stay where they are, as noise. Other processes forget the keys within `memory.KEPT_SECONDS`; backups
of the database hold the wrapped keys as long as they are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from uuid import UUID

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Forbidden, Internal
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.errors import SealBroken
from integrations.models import DataKey, Rekeying, RekeyingState
from integrations.vault.data_keys import destroy_versions
from integrations.vault.places import SealedPlace, every_place
from integrations.vault.sealing import Opener


@dataclass(frozen=True)
class Sample:
    """A sealed value, as it was found."""

    place: str
    purpose: str
    field: str
    sealed: bytes


@dataclass(frozen=True)
class Erased:
    versions: tuple[int, ...]
    """Of the data key."""
    tried: tuple[str, ...]
    """Places of which a value was tried afterwards: none opened."""


def erase_tenant(*, tenant_id: UUID, by: Actor) -> Erased:
    """Destroy the keys, for ever, and prove it. Call it outside any transaction.

    Raises Forbidden, Conflict when there is no key to destroy, VaultLocked when nothing could be proved.
    """
    if not by.is_platform_owner:
        raise Forbidden("Only the platform's owner erases a tenant.")
    with within(tenant_id):
        samples = list(_samples(tenant_id))
        versions = _destroy(tenant_id, by)
    with within(tenant_id):
        opener = Opener(tenant_id)
        return Erased(tuple(versions), tuple(_refused(opener, sample) for sample in samples))


def _samples(tenant_id: UUID) -> Iterator[Sample]:
    """A value of each place and version that opens now: trying another would prove nothing."""
    opener = Opener(tenant_id)
    versions = list(DataKey.objects.alive().filter(tenant_id=tenant_id).values_list("version", flat=True))
    for version, place in product(versions, every_place()):
        sample = None if place.expires else _newest(place, version)
        if sample is not None and _opens(opener, sample):
            yield sample


def _newest(place: SealedPlace, version: int) -> Sample | None:
    row = place.sealed_with(version).order_by("-pk").values(place.column, *place.made_of).first()
    if row is None:
        return None
    return Sample(place.name, place.purpose, place.field.format_map(row), bytes(row[place.column]))


def _opens(opener: Opener, sample: Sample) -> bool:
    try:
        opener.open(purpose=sample.purpose, field=sample.field, sealed=sample.sealed)
    except SealBroken:
        return False
    return True


def _destroy(tenant_id: UUID, by: Actor) -> list[int]:
    # First, as in a rekeying's own transactions: the two wait for one another in the same order.
    list(Rekeying.objects.unfinished().filter(tenant_id=tenant_id).select_for_update().values_list("id"))
    versions = destroy_versions(tenant_id)
    if not versions:
        raise Conflict("This tenant has no data key: nothing was ever sealed for it, or it was erased already.")
    unfinished = Rekeying.objects.unfinished().filter(tenant_id=tenant_id)
    unfinished.update(state=RekeyingState.DONE, finished_at=timezone.now())
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="data_key.erased",
        subject=f"tenant:{tenant_id}",
        detail={"versions": versions},
    )
    bump_generation(tenant_id)
    return versions


def _refused(opener: Opener, sample: Sample) -> str:
    if _opens(opener, sample):
        raise Internal(
            f"The keys are destroyed, but a value of {sample.place} still opens here. Look again in a minute."
        )
    return sample.place
