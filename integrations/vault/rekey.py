"""Going on with rekeyings: whatever the old version of a data key has sealed is sealed anew, then that is destroyed.

1. Pass through all places, a batch and a transaction at a time. The row says how far it is: a killed process loses a
   batch, and any process goes on.
2. When a pass is through, wait until no process can seal with the old version any more. It may have the old key in
   memory for KEPT_SECONDS, and hold what it sealed for as long as it takes to be stored.
3. Look again. What came in between, or was held by somebody, is found by another pass.
4. When there is nothing left, and nobody can be about to open what they read before it was sealed anew, the old
   version is destroyed.
"""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.audit import record
from accounts.errors import QuartermasterError
from accounts.tenancy import platform, within
from accounts.tenants import bump_generation
from integrations.errors import VaultLocked
from integrations.models import Rekeying, RekeyingState
from integrations.vault.data_keys import destroy_versions, key_of_version
from integrations.vault.derived import keep_derived_keys
from integrations.vault.memory import KEPT_SECONDS
from integrations.vault.places import every_place, following
from integrations.vault.reseal import reseal
from integrations.vault.sealing import Sealer

ACTOR = "system:rekey"
PASS_SECONDS = 8.0
"""A run with more to do than this hands its worker back; the next one goes on."""
STORED_WITHIN = timedelta(seconds=120)
"""What a process has sealed is in its row by then, or is lost with the process."""
OPENED_WITHIN = timedelta(seconds=10)
"""What a process has read from a row it has opened by then."""
LOOK_AGAIN = timedelta(seconds=10)
EXPIRING_LOOK_AGAIN = timedelta(hours=1)

log = logging.getLogger(__name__)


def tend_rekeyings() -> None:
    """One batch of each that is due, in turns. What fails holds up nothing else and is tried again in the next run."""
    deadline = time.monotonic() + PASS_SECONDS
    failed: set[UUID] = set()
    while time.monotonic() < deadline:
        more = [_attempt(tenant_id, failed) for tenant_id in _due() if tenant_id not in failed]
        if not any(more):
            return


def go_on(tenant_id: UUID, *, at: datetime | None = None) -> bool:
    """One batch of the tenant's rekeying; whether there is more to do now. False also while another process is at it.

    Raises VaultLocked.
    """
    now = at or timezone.now()
    with within(tenant_id):
        due = Rekeying.objects.due(now).filter(tenant_id=tenant_id)
        found = due.select_for_update(skip_locked=True).first()
        if found is None:
            return False
        if found.total is None:
            found.total = _left(found)
        more = _seal_anew(found, now) or _end_of_pass(found, now)
        found.save()
    return more


def _due() -> Sequence[UUID]:
    with platform():
        return list(Rekeying.objects.due(timezone.now()).values_list("tenant_id", flat=True))


def _attempt(tenant_id: UUID, failed: set[UUID]) -> bool:
    try:
        return go_on(tenant_id)
    except QuartermasterError as error:
        failed.add(tenant_id)
        log.warning("Tenant %s was not rekeyed: %s", tenant_id, error, extra={"action": "rekey_failed"})
        return False


def _seal_anew(rekeying: Rekeying, now: datetime) -> bool:
    """The next batch of the place that is the turn of; False when the pass is through with all of them."""
    place = following(rekeying.place)
    while place is not None and place.expires:
        place = following(place.name)
    if place is None:
        return False
    batch = reseal(place, sealed_with=rekeying.from_version, sealer=_sealer(rekeying), after=rekeying.after)
    rekeying.done += batch.done
    rekeying.broken += batch.broken
    if batch.done:
        rekeying.moved_at = now
    if batch.last is None:
        rekeying.place, rekeying.after = place.name, None
    else:
        rekeying.after = batch.last
    return True


def _sealer(rekeying: Rekeying) -> Sealer:
    # Not by `current_key`: this process, too, may have the old one in memory.
    key = key_of_version(rekeying.tenant_id, rekeying.to_version)
    if key is None:
        raise VaultLocked
    return Sealer(rekeying.tenant_id, rekeying.to_version, key)


def _end_of_pass(rekeying: Rekeying, now: datetime) -> bool:
    settled = _settled_at(rekeying)
    if now < settled:
        return _wait(rekeying, settled)
    left = _left(rekeying)
    if left > rekeying.broken or (left and rekeying.pass_at < settled):
        rekeying.begin_pass(now + LOOK_AGAIN)
        return False
    if left and not rekeying.gives_up:
        return _get_stuck(rekeying)
    if _left(rekeying, expiring=True):
        return _wait(rekeying, now + EXPIRING_LOOK_AGAIN)
    _finish(rekeying, now)
    return False


def _settled_at(rekeying: Rekeying) -> datetime:
    """From when on nobody seals with the old version, or is about to open what it sealed."""
    sealed = rekeying.created_at + timedelta(seconds=KEPT_SECONDS) + STORED_WITHIN
    return sealed if rekeying.moved_at is None else max(sealed, rekeying.moved_at + OPENED_WITHIN)


def _left(rekeying: Rekeying, *, expiring: bool = False) -> int:
    """How many values need the old version."""
    places = [place for place in every_place() if place.expires == expiring]
    return sum(place.sealed_with(rekeying.from_version).count() for place in places)


def _wait(rekeying: Rekeying, until: datetime) -> bool:
    rekeying.state, rekeying.due_at = RekeyingState.SETTLING, until
    return False


def _get_stuck(rekeying: Rekeying) -> bool:
    rekeying.state = RekeyingState.STUCK
    record(
        tenant_id=rekeying.tenant_id,
        actor=ACTOR,
        action="data_key.stuck",
        subject=f"tenant:{rekeying.tenant_id}",
        detail={"to": rekeying.to_version, "values": rekeying.broken},
    )
    return False


def _finish(rekeying: Rekeying, now: datetime) -> None:
    keep_derived_keys(rekeying.tenant_id)
    versions = destroy_versions(rekeying.tenant_id, below=rekeying.to_version)
    rekeying.state, rekeying.finished_at = RekeyingState.DONE, now
    record(
        tenant_id=rekeying.tenant_id,
        actor=ACTOR,
        action="data_key.destroyed",
        subject=f"tenant:{rekeying.tenant_id}",
        detail={"versions": versions, "values": rekeying.done, "given_up": rekeying.broken},
    )
    bump_generation(rekeying.tenant_id)
