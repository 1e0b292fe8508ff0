"""What a call goes out with, from memory.

An entry is kept under the tenant's generation, which every change of a connection bumps: a rotation empties all
processes. A refreshed token bumps nothing. Its entry says when it expires, and whoever finds it expired reads the row
again before asking for another.
"""

from threading import Lock
from uuid import UUID

from cachetools import LRUCache
from django.utils import timezone

from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.connections.grant import CallGrant
from integrations.connections.kept import Kept, opened, read
from integrations.connections.refresh import refresh
from integrations.errors import SealBroken
from integrations.vault import Sealer, sealer_at_hand, sealer_for

MOST_KEPT = 10_000
_TRIES = 3

_Key = tuple[UUID, int, UUID]
_kept: LRUCache[_Key, Kept] = LRUCache(maxsize=MOST_KEPT)
# Several event loops may ask: a web process's own, and the bridge's.
_lock = Lock()


async def grant_for(
    *, tenant_id: UUID, generation: int, connection_id: UUID, refused: CallGrant | None = None
) -> CallGrant:
    """Ready to be put into requests. `refused`: the service said 401 to this one, so that another token is needed.

    Raises ConnectionMissing, ConnectionExpired, TokenUnavailable when the service gives no token, VaultLocked.
    """
    key = (tenant_id, generation, connection_id)
    kept = _remembered(key)
    if kept is None or not kept.is_fresh(timezone.now()) or kept.is_what_was_refused(refused):
        kept = await _looked_up(key, refused)
    try:
        return opened(kept, await _sealer(tenant_id))
    except SealBroken:
        # The tenant has another data key by now, and what this process keeps is sealed with the one before.
        return opened(await _looked_up(key, refused), await _sealer(tenant_id))


async def _looked_up(key: _Key, refused: CallGrant | None) -> Kept:
    """From the row, with another token if it needs one; another process may have got it already."""
    tenant_id, _, connection_id = key
    for _ in range(_TRIES):
        kept = await in_database_thread(read, tenant_id, connection_id)
        is_refused = kept.is_what_was_refused(refused)
        if kept.is_fresh(timezone.now()) and not is_refused:
            break
        try:
            await refresh(tenant_id=tenant_id, connection_id=connection_id, after=kept.token_version)
        except QuartermasterError:
            if is_refused or not kept.is_good(timezone.now()):
                raise
            break
    _remember(key, kept)
    return kept


async def _sealer(tenant_id: UUID) -> Sealer:
    at_hand = sealer_at_hand(tenant_id)
    return at_hand if at_hand is not None else await in_database_thread(_sealer_from_row, tenant_id)


def _sealer_from_row(tenant_id: UUID) -> Sealer:
    with within(tenant_id):
        return sealer_for(tenant_id)


def _remembered(key: _Key) -> Kept | None:
    with _lock:
        return _kept.get(key)


def _remember(key: _Key, kept: Kept) -> None:
    with _lock:
        _kept[key] = kept
