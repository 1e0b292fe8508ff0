"""`vault rotate-dek`: beginning rotations of data keys, and waiting for them."""

import time
from collections.abc import Callable, Sequence

from accounts.caller import Actor
from accounts.models import Tenant
from accounts.tenancy import platform, within
from integrations.models import DataKey, Rekeying, RekeyingState
from integrations.vault.rekey import go_on
from integrations.vault.rotate import rotate_data_key, try_again

LOOK_AGAIN_SECONDS = 1.0
_GOES_ON = {RekeyingState.RUNNING, RekeyingState.SETTLING}

Write = Callable[[str], object]


def with_data_key() -> list[Tenant]:
    """Every tenant whose data key can be rotated now."""
    with platform():
        keys = DataKey.objects.alive().values("tenant")
        rotating = Rekeying.objects.unfinished().values("tenant")
        return list(Tenant.objects.filter(id__in=keys).exclude(id__in=rotating))


def begin(tenants: Sequence[Tenant], *, by: Actor, again: bool, give_up: bool, write: Write) -> None:
    """Each in a transaction of its own. Raises Conflict, VaultLocked."""
    for tenant in tenants:
        with within(tenant.id):
            if again or give_up:
                begun = try_again(tenant_id=tenant.id, by=by, give_up=give_up)
            else:
                begun = rotate_data_key(tenant_id=tenant.id, by=by)
        write(f"{tenant.slug}: {begun}. The old key goes when nothing needs it any more.")


def wait(tenants: Sequence[Tenant], *, write: Write) -> list[Tenant]:
    """Take part until none goes on, and tell whatever changes; returns those that are stuck."""
    waiting, said, stuck = list(tenants), dict[Tenant, str](), list[Tenant]()
    while waiting:
        more = any(go_on(tenant.id) for tenant in waiting)
        for tenant in list(waiting):
            newest = _newest(tenant)
            _tell(tenant, newest, said, write)
            if newest.state not in _GOES_ON:
                waiting.remove(tenant)
                stuck += [tenant] if newest.state == RekeyingState.STUCK else []
        if waiting and not more:
            time.sleep(LOOK_AGAIN_SECONDS)
    return stuck


def _newest(tenant: Tenant) -> Rekeying:
    with within(tenant.id):
        return Rekeying.objects.all()[0]


def _tell(tenant: Tenant, newest: Rekeying, said: dict[Tenant, str], write: Write) -> None:
    sentence = f"{tenant.slug}: {newest.done:,} of {newest.total or 0:,} values sealed anew. {newest.told}"
    if said.get(tenant) != sentence:
        write(sentence)
    said[tenant] = sentence
