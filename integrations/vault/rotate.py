"""Giving a tenant a new version of its data key, which seals from then on; `rekey.py` does the rest."""

from uuid import UUID

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict
from accounts.roles import Right
from integrations.models import DataKey, Rekeying, RekeyingState
from integrations.vault.data_keys import add_version
from integrations.vault.sealing import refuse_other_scope


def rotate_data_key(*, tenant_id: UUID, by: Actor) -> Rekeying:
    """Make the next version, in the tenant's scope; every process seals with it within `memory.KEPT_SECONDS`.

    Raises Conflict when there is nothing to rotate or a rekeying is under way, Forbidden, VaultLocked.
    """
    by.require(Right.PEOPLE)
    refuse_other_scope(tenant_id)
    # Of two at once the second waits here, and then sees what the first has begun.
    newest = DataKey.objects.filter(tenant_id=tenant_id).select_for_update().order_by("-version").first()
    if newest is None or newest.destroyed_at is not None:
        raise Conflict("This tenant has no data key, so nothing is sealed for it that could be sealed anew.")
    if Rekeying.objects.unfinished().filter(tenant_id=tenant_id).exists():
        raise Conflict("This tenant's data key is being rotated already. Wait until that is done.")
    add_version(tenant_id, newest.version + 1)
    now = timezone.now()
    begun = Rekeying(
        tenant_id=tenant_id,
        from_version=newest.version,
        to_version=newest.version + 1,
        asked_by=by.actor,
        pass_at=now,
        due_at=now,
    )
    begun.save(force_insert=True)
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="data_key.rotated",
        subject=f"tenant:{tenant_id}",
        detail={"from": begun.from_version, "to": begun.to_version},
    )
    return begun


def try_again(*, tenant_id: UUID, by: Actor, give_up: bool) -> Rekeying:
    """Go on with a rekeying that is stuck; `give_up` what does not open. Raises Conflict when none is, Forbidden."""
    by.require(Right.PEOPLE)
    stuck = Rekeying.objects.filter(tenant_id=tenant_id, state=RekeyingState.STUCK).select_for_update().first()
    if stuck is None:
        raise Conflict("No rotation of this tenant's data key is stuck.")
    stuck.gives_up = give_up
    stuck.begin_pass(timezone.now())
    stuck.save()
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="data_key.retried",
        subject=f"tenant:{tenant_id}",
        detail={"to": stuck.to_version, "gives_up": give_up},
    )
    return stuck
